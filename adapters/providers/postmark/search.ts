/** Asks Postmark which messages it has, what became of them, and how its server is set. */
import * as z from "zod/mini";
import type { OutgoingEmail } from "../../../domain/delivery/outgoing_message.ts";
import type { Receipt } from "../../../domain/delivery/receipt.ts";
import type { SearchResult } from "../../../domain/ports/provider.ts";
import type { Result } from "../../../domain/result.ts";
import { MINUTE_MS } from "../../../domain/time/durations.ts";
import {
  parseRetryAfter,
  type ProviderReply,
  type RefusalOutcome,
} from "../shared/http_exchange.ts";
import { bounceKind, toCode } from "./bounces.ts";

/**
 * How long after an attempt a message that Postmark's search does not find counts as not sent, in milliseconds.
 * Postmark does not document the delay of its index.
 */
export const SEARCH_GRACE_MS = 2 * MINUTE_MS;
/** How many messages of one notification are read: a notification has few. */
const MAX_FOUND = 50;
/** Max calls at a time that ask for the status of messages. */
const MAX_POLLS = 8;

/**
 * Makes a GET request to a path of Postmark's API, such as `/server`. The reply may have any status; the refusal says
 * why there is none.
 */
export type Get = (
  path: string,
  signal: AbortSignal,
) => Promise<Result<ProviderReply, RefusalOutcome>>;

const Found = z.object({
  Messages: z.array(
    z.object({ MessageID: z.string().check(z.minLength(1)), ReceivedAt: z.nullish(z.string()) }),
  ),
});

/**
 * Finds the messages at Postmark that have this e-mail's notification id in their metadata: at most 50, oldest first.
 * Never rejects for a failure: the result is then `unavailable` (ask again later) or `unsupported` (the server has no
 * search).
 */
export async function findMessages(
  email: OutgoingEmail,
  get: Get,
  signal: AbortSignal,
): Promise<SearchResult> {
  const query = new URLSearchParams({
    count: String(MAX_FOUND),
    offset: "0",
    metadata_notification_id: email.ref.notificationId,
  });
  const reply = await get(`/messages/outbound?${query}`, signal);
  if (!reply.ok) return { kind: "unavailable", code: reply.refusal.code };
  const { status, retryAfter, body } = reply.value;
  const found = Found.safeParse(body);
  if (status === 200 && found.success) {
    const messages = found.data.Messages.toReversed().map(({ MessageID }) => ({
      kind: "accepted" as const,
      providerMessageId: MessageID,
    }));
    return { kind: "found", messages };
  }
  // Bad credentials are mended; a server without the search has none.
  const isRefused = status >= 400 && status < 500 && ![401, 408, 429].includes(status) ||
    status >= 200 && status < 300;
  const code = `http-${status}`;
  return isRefused
    ? { kind: "unsupported", code }
    : { kind: "unavailable", code, ...parseRetryAfter(retryAfter) };
}

const Details = z.object({
  MessageEvents: z.array(z.looseObject({
    Type: z.string(),
    ReceivedAt: z.nullish(z.string()),
    Details: z.catch(z.nullish(z.looseObject({ BounceID: z.unknown() })), undefined),
  })),
});
const Bounce = z.object({ Type: z.string(), Inactive: z.nullish(z.boolean()) });

/**
 * Returns a receipt for each message that Postmark has delivered or that has bounced; messages without such an event
 * are left out. It reads 8 messages at a time. After a 429, a server error or no answer it begins no further one, and
 * the rest is left out.
 */
export async function pollMessages(
  messageIds: readonly string[],
  { get, provider, signal }: {
    readonly get: Get;
    readonly provider: string;
    readonly signal: AbortSignal;
  },
): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  const queue = messageIds.values();
  let isStopped = false;

  async function read<S extends z.ZodMiniType>(
    path: string,
    schema: S,
  ): Promise<z.output<S> | undefined> {
    const reply = await get(path, signal);
    const status = reply.ok ? reply.value.status : 0;
    // Too many requests, or no answer: the rest is read at the next poll.
    if (status === 0 || status === 429 || status >= 500) isStopped = true;
    const parsed = reply.ok && status === 200 ? schema.safeParse(reply.value.body) : undefined;
    return parsed?.success ? parsed.data : undefined;
  }

  async function readOne(id: string): Promise<Receipt | undefined> {
    const path = `/messages/outbound/${encodeURIComponent(id)}/details`;
    const events = (await read(path, Details))?.MessageEvents ?? [];
    const final = events.findLast(({ Type }) => Type === "Delivered" || Type === "Bounced");
    if (final === undefined) return undefined;
    const receipt = {
      provider,
      providerMessageId: id,
      ref: undefined,
      at: parseTime(final.ReceivedAt),
      dedupeKey: `poll:${id}:${final.Type}:${final.ReceivedAt ?? ""}`,
    };
    if (final.Type === "Delivered") return { ...receipt, kind: "delivered", code: undefined };
    const bounceId = String(final.Details?.BounceID ?? "");
    const bounce = /^[0-9]{1,20}$/.test(bounceId)
      ? await read(`/bounces/${bounceId}`, Bounce)
      : undefined;
    if (bounce === undefined) return undefined;
    const kind = bounceKind(bounce.Type, bounce.Inactive === true);
    return kind === undefined || kind === "sending"
      ? undefined
      : { ...receipt, kind, code: toCode(bounce.Type) };
  }

  const readNext = async (): Promise<void> => {
    for (const id of queue) {
      if (isStopped || signal.aborted) return;
      const receipt = await readOne(id);
      if (receipt !== undefined) receipts.push(receipt);
    }
  };
  await Promise.all(Array.from({ length: MAX_POLLS }, readNext));
  return receipts;
}

function parseTime(text: string | null | undefined): number | undefined {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? undefined : at;
}

const Server = z.object({
  TrackOpens: z.nullish(z.boolean()),
});

/**
 * Checks the settings of Postmark's server that a message cannot override: at present only that open tracking is off.
 *
 * @returns a warning for each setting that is wrong; empty when there is none or Postmark does not answer
 */
export async function checkServer(get: Get, signal: AbortSignal): Promise<readonly string[]> {
  const reply = await get("/server", signal);
  const server = reply.ok && reply.value.status === 200
    ? Server.safeParse(reply.value.body)
    : undefined;
  return server?.success && server.data.TrackOpens === true
    ? [
      "Postmark tracks the opening of every e-mail: its server's open tracking is on, which Hark " +
      "cannot override; switch it off in the server's settings",
    ]
    : [];
}
