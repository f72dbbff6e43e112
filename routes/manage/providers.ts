import { Hono } from "hono";
import * as z from "zod/mini";
import type { ProviderView, RequestedChange } from "../../application/delivery/manage_providers.ts";
import { RATE_PER_SECOND } from "../../domain/delivery/rate_bucket.ts";
import { WEIGHT } from "../../domain/delivery/select_provider.ts";
import type { ManageEnv } from "./context.ts";
import { describe } from "../http/openapi.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { jsonBody, pathIds, query } from "./validation.ts";

/** The longest reason that a request to pause a provider may give, in UTF-16 units. */
export const MAX_REASON = 255;
/** The longest name of a provider in a path, in UTF-16 units. */
const MAX_PROVIDER_NAME = 100;

const NO_PROVIDER = "The deployment has no such provider";

const providerName = pathIds(
  z.looseObject({ name: z.string().check(z.maxLength(MAX_PROVIDER_NAME)) }),
  NO_PROVIDER,
);

const noQuery = query(z.strictObject({}));

const changedProvider = z.strictObject({
  weight: z.optional(
    z.nullable(z.int().check(z.minimum(WEIGHT.least), z.maximum(WEIGHT.most))),
  ),
  rate_per_second: z.optional(
    z.nullable(
      z.number().check(z.minimum(RATE_PER_SECOND.least), z.maximum(RATE_PER_SECOND.most)),
    ),
  ),
  paused: z.optional(z.boolean()),
  reason: z.optional(z.nullable(
    z.string().check(
      z.trim(),
      z.minLength(1, "must not be empty"),
      z.maxLength(MAX_REASON),
      z.refine((line) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(line), "must be one line of text"),
    ),
  )),
}).check(
  z.refine(
    ({ paused, reason }) => paused === true || reason === undefined || reason === null,
    { path: ["reason"], message: "is for paused: true only" },
  ),
);

/**
 * Creates the routes by which the operator lists the providers with their health, and changes one: its weight (its
 * share of its channel's messages), its rate limit (messages a second) or its pause.
 */
export function createProviderRoutes({ providers }: ManagePorts) {
  return new Hono<ManageEnv>()
    .get(
      "/",
      describe("List the providers, with their health", { 200: "The providers" }),
      noQuery,
      async (c) => c.json({ providers: (await providers.list()).map(present) }),
    )
    .put(
      "/:name",
      describe("Change a provider's weight, rate limit or pause. Absent fields stay as they are", {
        200: "The provider",
      }),
      providerName,
      noQuery,
      jsonBody(changedProvider),
      async (c) => {
        const { name } = c.req.valid("param");
        const provider = await providers.change(
          c.var.access.actor,
          name,
          toChange(c.req.valid("json")),
        );
        return provider === undefined ? problem(c, 404, NO_PROVIDER) : c.json(present(provider));
      },
    );
}

function toChange(
  { weight, rate_per_second, paused, reason }: z.output<typeof changedProvider>,
): RequestedChange {
  return {
    ...(weight === undefined ? {} : { weight }),
    ...(rate_per_second === undefined ? {} : { ratePerSecond: rate_per_second }),
    ...(paused === undefined ? {} : { pause: paused ? { reason: reason ?? null } : null }),
  };
}

function present(provider: ProviderView): Readonly<Record<string, unknown>> {
  const { pause, lastError } = provider;
  return {
    name: provider.name,
    channels: provider.channels,
    weight: provider.weight,
    health: provider.health,
    breaker: provider.breaker,
    rate_per_second: provider.ratePerSecond,
    current_rate_per_second: provider.currentRatePerSecond,
    paused: pause !== null,
    paused_by: pause?.by ?? null,
    reason: pause?.reason ?? null,
    paused_since: pause === null ? null : new Date(pause.since).toISOString(),
    last_error: lastError === null
      ? null
      : { code: lastError.code, at: new Date(lastError.at).toISOString() },
  };
}
