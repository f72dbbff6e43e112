/** Schemas of the callbacks of a service. */
import * as z from "zod/mini";
import {
  BEARER_TOKEN,
  CALLBACK_KINDS,
  MAX_BEARER_TOKEN,
  MAX_REPLAY_EVENTS,
  MIN_BEARER_TOKEN,
} from "../../../domain/callbacks/callback.ts";
import {
  type CallbackAllowance,
  parseCallbackUrl,
} from "../../../domain/callbacks/callback_url.ts";
import { pathIds } from "../validation.ts";
import { firstOf, parsed } from "../../http/validation.ts";

/** A middleware that validates `kind` in the path: `delivery`, `inbound` or `complaint`. Answers 404 for any other. */
export const callbackKind = pathIds(
  z.looseObject({ kind: z.enum(CALLBACK_KINDS) }),
  "There are callbacks for delivery, inbound and complaint",
);

const bearerToken = z.string().check(
  z.minLength(MIN_BEARER_TOKEN, `must have at least ${MIN_BEARER_TOKEN} characters`),
  z.maxLength(MAX_BEARER_TOKEN, `must have at most ${MAX_BEARER_TOKEN} characters`),
  z.regex(BEARER_TOKEN, "must be letters, digits and signs of ASCII, without blanks"),
);

/**
 * Returns the schema of the body that sets a callback: its URL, which `allowance` must permit, and the bearer token
 * that Hark sends with each call. An error does not repeat the URL, which may hold a password.
 */
export function callbackBody(allowance: CallbackAllowance) {
  const url = z.string().check((context) => {
    const target = parseCallbackUrl(context.value, allowance);
    if (target.ok) return;
    // The value may hold a password.
    context.issues.push({ code: "custom", message: target.refusal, input: "" });
  });
  return z.strictObject({ url, bearer_token: bearerToken });
}

const eventNumber = z.int("must be the number of an event").check(
  z.minimum(1, "must be the number of an event"),
);

/**
 * The body of a replay: the numbers of the first and the last event to send again, both included; 100,000 events at
 * most.
 */
export const replayBody = z.strictObject({ from: eventNumber, to: eventNumber }).check(
  z.refine(({ from, to }) => from <= to, { path: ["to"], message: "must not be less than from" }),
  z.refine(({ from, to }) => to - from < MAX_REPLAY_EVENTS, {
    path: ["to"],
    message: `must be less than ${MAX_REPLAY_EVENTS} after from`,
  }),
);

/** The query of a callback's log of deliveries: `before`, the number of the last delivery of the page before. */
export const logQuery = z.strictObject({
  before: z.optional(firstOf(parsed(parseNumber, "must be the number of a delivery"))),
});

function parseNumber(text: string): number | undefined {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
