/** `POST /internal/dispatch`: lets an outside scheduler start the work that is due. */
import { Hono } from "hono";
import { MAX_DISPATCH_CALLS, type RunDispatch } from "../../application/dispatch_runs.ts";
import { sameSecret } from "../../domain/access/constant_time.ts";
import { bearerOf } from "../http/bearer.ts";
import { type AppEnv, waitUntil } from "../http/context.ts";
import { methodNotAllowed } from "../http/plain_errors.ts";
import { noteLimit, noteRefusedCredential } from "../http/security_events.ts";
import { setStoreRetryAfter } from "../http/store_unavailable.ts";

/** Dependencies of {@link createInternalRoutes}. */
export interface InternalPorts {
  readonly runDispatch: RunDispatch;
  /** The bearer token that opens this route and nothing else. */
  readonly dispatchToken: string;
}

/**
 * Creates `POST /internal/dispatch`. With the right bearer token it runs the background work once and answers 200 with
 * `{"claimed", "sent", "more"}`: how many notifications were claimed and how many of them providers accepted, and
 * whether more is due. 202 while another run is under way in this process, 401 without the token, 429 beyond
 * {@link MAX_DISPATCH_CALLS} calls a minute, 503 when a part of the work failed. The body is not read.
 */
export function createInternalRoutes(
  { runDispatch, dispatchToken }: InternalPorts,
): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.post("/internal/dispatch", async (c) => {
    c.header("Cache-Control", "no-store");
    const token = bearerOf(c);
    if (token === undefined || !sameSecret(token, dispatchToken)) {
      if (token !== undefined) noteRefusedCredential(c, "dispatch-token", "wrong", true);
      c.header("WWW-Authenticate", "Bearer");
      return c.json({ error: "Send the token: Authorization: Bearer DISPATCH_TOKEN" }, 401);
    }
    const underWay = runDispatch();
    // A caller that gives up waiting does not end the run.
    waitUntil(c)(underWay);
    const run = await underWay;
    switch (run.kind) {
      case "done": {
        const { claimed, sent, more } = run;
        return c.json({ claimed, sent, more });
      }
      case "running":
        return c.json({ running: true }, 202);
      case "limited":
        noteLimit(c, "dispatch-calls");
        c.header("Retry-After", String(run.retryAfterS));
        return c.json({
          error: `More than ${MAX_DISPATCH_CALLS} calls within a minute: call once a minute`,
        }, 429);
      case "failed":
        setStoreRetryAfter(c);
        return c.json({ error: "The work failed; the log says why. Call again" }, 503);
    }
  });
  app.all("/internal/dispatch", methodNotAllowed);
  return app;
}
