/** The bodies that the twin takes, over HTTP and in a script file. Fields that are not listed here are refused. */
import * as z from "zod/mini";
import { MAX_ADVANCE_S } from "../../domain/time/clock_advance.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../domain/time/durations.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { parseDuration } from "./duration.ts";

/** The most entries of `next`, and the most calls that one entry is for. */
export const MAX_NEXT = 1_000;
/** The most receipts of a message. */
export const MAX_RECEIPTS = 20;
/** The most times that a receipt or a text is sent. */
export const MAX_TIMES = 20;
/** The longest text that a person sends, in characters. */
export const MAX_TEXT = 1_600;

/** A duration from `least` to `most` milliseconds, which are whole seconds if `isWhole`. */
const duration = (least: number, most: number, expected: string, isWhole = false) =>
  z.pipe(
    z.string(expected),
    z.transform((text: string, context) => {
      const ms = parseDuration(text);
      const isFit = ms !== undefined && least <= ms && ms <= most &&
        (!isWhole || ms % SECOND_MS === 0);
      if (isFit) return ms;
      context.issues.push({ code: "custom", message: expected, input: text });
      return z.NEVER;
    }),
  );

const whole = (least: number, most: number) => {
  const expected = `must be a whole number from ${least} to ${most}`;
  return z.int(expected).check(z.gte(least, expected), z.lte(most, expected));
};

const flag = z.optional(z.boolean("must be true or false"));
const provider = z.string("must be the name of a provider");
const times = z.optional(whole(1, MAX_TIMES));
const address = (expected: string) => z.string(expected).check(z.regex(/^[^\s]{1,100}$/, expected));

/** How a call can be answered. */
const ANSWERS = [
  ...["normal", "slow", "error", "nonsense", "reset", "hang", "lost", "cut"],
  "receipt-first",
] as const;

const short = duration(0, 10 * MINUTE_MS, 'must be a duration up to 10 minutes, such as "2s"');

const answer = z.strictObject({
  answer: z.enum(ANSWERS, `must be one of ${ANSWERS.join(", ")}`),
  times: z.optional(whole(1, MAX_NEXT)),
  for: z.optional(short),
  status: z.optional(whole(400, 599)),
  code: z.optional(whole(0, 999_999)),
  retry_after: z.optional(whole(0, 86_400)),
  accepted: flag,
});

/** How a call is answered. */
export type ScriptedAnswer = z.output<typeof answer>;

const receiptFields = {
  status: z.string("must be a status"),
  code: z.optional(whole(0, 999_999)),
  times,
  forged: flag,
};

const planned = z.strictObject({
  ...receiptFields,
  after: z.optional(duration(0, 31 * DAY_MS, 'must be a duration up to 31 days, such as "2h"')),
  lost: flag,
});

/** A receipt that messages get. */
export type PlannedReceipt = z.output<typeof planned>;

const list = <Item extends z.ZodMiniType>(item: Item, most: number) => {
  const expected = `must be a list of ${most} at most`;
  return z.array(item, expected).check(z.maxLength(most, expected));
};

const script = z.strictObject({
  provider,
  next: z.optional(list(answer, MAX_NEXT)),
  always: z.optional(z.nullable(answer)),
  receipts: z.optional(z.nullable(list(planned, MAX_RECEIPTS))),
});

/** How a provider behaves from now on. */
export type Script = z.output<typeof script>;

const clock = z.strictObject({
  advance: duration(
    SECOND_MS,
    MAX_ADVANCE_S * SECOND_MS,
    'must be a duration of whole seconds from "1s" to "31d", such as "3d"',
    true,
  ),
});

const inbound = z.strictObject({
  provider: z.optional(provider),
  from: address('must be the number of a person, such as "+447700900123"'),
  to: address('must be a number of the provider, such as "+447700900999"'),
  text: z.string("must be a text").check(
    z.maxLength(MAX_TEXT, `must be a text of ${MAX_TEXT} characters at most`),
  ),
  opt_out: z.optional(z.enum(["STOP", "START", "HELP"], "must be STOP, START or HELP")),
  times,
  forged: flag,
});

/** A text that a person sends. */
export type InboundText = z.output<typeof inbound>;

const receipt = z.strictObject({
  id: z.string("must be the id of a message, as GET /twin/messages has it"),
  ...receiptFields,
});

/** A receipt that is sent now. */
export type ReceiptNow = z.output<typeof receipt>;

/** A step of a script file that waits. */
const wait = z.strictObject({
  for: z.optional(short),
  calls: z.optional(whole(1, 1_000_000)),
}).check(
  z.refine(
    (value) => (value.for === undefined) !== (value.calls === undefined),
    "must have either for or calls",
  ),
);

/** The schemas of the bodies. */
export const BODIES = { script, clock, inbound, receipt, wait } as const;

/** Parses a body; the refusal names the first wrong field: `next[0].status must be …`. */
export function parseBody<Schema extends z.ZodMiniType>(
  schema: Schema,
  body: unknown,
): Result<z.output<Schema>, string> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  if (issue === undefined) return refuse("The body is wrong");
  const path = issue.path.map((part, at) =>
    typeof part === "number" ? `[${part}]` : `${at === 0 ? "" : "."}${String(part)}`
  ).join("");
  if (issue.code === "unrecognized_keys") {
    return refuse(`${path === "" ? "The body" : path} has the unknown field ${issue.keys[0]}`);
  }
  if (path === "" && issue.code !== "custom") return refuse("The body must be a JSON object");
  return refuse(`${path === "" ? "It" : path} ${issue.message}`);
}
