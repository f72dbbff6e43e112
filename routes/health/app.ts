import { Hono } from "hono";
import type { Readiness } from "../../application/readiness.ts";
import type { AppEnv } from "../http/context.ts";

/** Dependencies of {@link createHealthRoutes}. */
export interface HealthPorts {
  /** The version that `GET /healthz` reports. */
  readonly version: string;
  readonly readiness: Readiness;
}

/**
 * Creates the routes for monitoring. They need no credential. `GET /healthz` and `GET /_status` answer 200 whenever the
 * process serves requests; they check nothing. `GET /readyz` answers with the readiness report: 200 when its status is
 * `ok`, 503 otherwise.
 */
export function createHealthRoutes({ version, readiness }: HealthPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/healthz", (c) => c.json({ status: "ok", version }));
  app.get("/_status", (c) => c.json({ status: "ok" }));
  app.get("/readyz", async (c) => {
    const report = await readiness.report();
    c.header("Cache-Control", "no-store");
    return c.json(report, report.status === "ok" ? 200 : 503);
  });
  return app;
}
