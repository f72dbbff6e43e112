import { Hono } from "hono";
import { answerStoreUnavailable } from "./answer_by_path.ts";
import type { AppEnv } from "./http/context.ts";

/** The dependencies of {@link createUnavailableApp}. */
export interface UnavailableAppPorts {
  readonly version: string;
  readonly newId: () => string;
}

/**
 * Creates what answers in place of the application while that cannot be built, since the store is unavailable: 503 at each
 * API in its own shape.
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
