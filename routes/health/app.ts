import { Hono } from "hono";
import type { Readiness } from "../../application/readiness.ts";
import type { AppEnv } from "../http/context.ts";

/** Ports of {@link createHealthRoutes}. */
export interface HealthPorts {
  /** The version that `GET /healthz` reports. */
  readonly version: string;
  readonly readiness: Readiness;
}

/**
 * Creates the routes for monitoring, which everybody may call. `/healthz` and `/_status` say that the process serves and
 * ask nothing; `/readyz` says whether it can do its work.
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
