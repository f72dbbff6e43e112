import { Hono } from "hono";
import { answerStoreUnavailable } from "./answer_by_path.ts";
import type { AppEnv } from "./http/context.ts";

/** The dependencies of {@link createUnavailableApp}. */
export interface UnavailableAppPorts {
  /** The version that `GET /healthz` reports. */
  readonly version: string;
  readonly newId: () => string;
}

/**
 * Creates the HTTP application that serves while the real one cannot be built, because the store is unavailable. It
 * answers every request with 503, in the error format of the API of the path, except `/healthz`, which answers 200.
 */
export function createUnavailableApp({ version, newId }: UnavailableAppPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    const requestId = newId();
    c.set("requestLog", { requestId });
    c.header("X-Request-Id", requestId);
    await next();
  });
  app.get("/healthz", (c) => c.json({ status: "ok", version }));
  app.all("*", answerStoreUnavailable);
  return app;
}
