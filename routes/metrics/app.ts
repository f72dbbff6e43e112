import { Hono } from "hono";
import { sameSecret } from "../../domain/access/constant_time.ts";
import { EXPOSITION_TYPE } from "../../domain/metrics/exposition.ts";
import type { Scrape } from "../../application/metrics/scrape.ts";
import type { AppEnv } from "../http/context.ts";
import { bearerOf } from "../http/bearer.ts";
import { methodNotAllowed } from "../http/plain_errors.ts";
import { noteRefusedCredential } from "../http/security_events.ts";

/** Dependencies of {@link createMetricsRoutes}. */
export interface MetricsPorts {
  readonly scrape: Scrape;
  /** The operator's bearer token, which also opens `/manage`. */
  readonly adminToken: string;
  /** A bearer token that opens this address only; `undefined` when there is none. */
  readonly metricsToken: string | undefined;
}

/**
 * Creates `GET /metrics` for Prometheus: the metrics of this process, with the state of the outbox. It needs the bearer
 * token of the operator, or the one for metrics; 401 otherwise.
 */
export function createMetricsRoutes(
  { scrape, adminToken, metricsToken }: MetricsPorts,
): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const mayRead = (token: string) =>
    [adminToken, metricsToken ?? adminToken].filter((right) => sameSecret(token, right)).length > 0;
  app.get("/metrics", async (c) => {
    const token = bearerOf(c);
    if (token === undefined || !mayRead(token)) {
      if (token !== undefined) noteRefusedCredential(c, "metrics-token", "wrong", true);
      c.header("WWW-Authenticate", "Bearer");
      return c.json({ error: "Send the token: Authorization: Bearer METRICS_TOKEN" }, 401);
    }
    return c.body(await scrape(), 200, {
      "Content-Type": EXPOSITION_TYPE,
      "Cache-Control": "no-store",
    });
  });
  app.all("/metrics", methodNotAllowed);
  return app;
}
