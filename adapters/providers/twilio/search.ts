/** Asks Twilio which messages it has, and what became of them. */
import * as z from "zod/mini";
import type { OutgoingSms } from "../../../domain/delivery/outgoing_message.ts";
import type { Receipt } from "../../../domain/delivery/receipt.ts";
import type { AcceptedOutcome, SearchResult } from "../../../domain/ports/provider.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import {
  parseRetryAfter,
  type ProviderReply,
  type RefusalOutcome,
} from "../shared/http_exchange.ts";
import type { Result } from "../../../domain/result.ts";
import { toReceipt } from "./receipts.ts";
import { messagesUrl, messageUrl, toSender, type TwilioConfig } from "./request.ts";

/**
 * How long after an attempt a message that Twilio does not list counts as not sent, in milliseconds. Twilio documents
 * no delay of its list.
 */
export const SEARCH_GRACE_MS = 30_000;
/** How many messages a page of the list has. One number gets few texts of one sender in a day. */
const PAGE_SIZE = 200;
/** Max pages of one list. */
const MAX_PAGES = 3;
/**
 * How much earlier than the attempt a message may seem to be created, in milliseconds: by Twilio's whole seconds and
 * clock.
 */
const CLOCK_MS = 2_000;
/** Max calls at a time that ask for the status of messages. */
const MAX_POLLS = 8;

/** Makes a GET request to a URL of Twilio's API. The reply may have any status; the refusal says why there is none. */
export type Get = (
  url: string,
  signal: AbortSignal,
) => Promise<Result<ProviderReply, RefusalOutcome>>;

const Message = z.object({
  sid: z.string().check(z.minLength(1)),
  status: z.string(),
  error_code: z.nullish(z.number()),
  body: z.nullish(z.string()),
  from: z.nullish(z.string()),
  to: z.nullish(z.string()),
  messaging_service_sid: z.nullish(z.string()),
  direction: z.nullish(z.string()),
  date_created: z.nullish(z.string()),
});
type Message = z.output<typeof Message>;
const Page = z.object({ messages: z.array(z.unknown()), next_page_uri: z.nullish(z.string()) });
const Refused = z.object({ code: z.int() });

/**
 * Finds Twilio's messages that equal `text` and were created at `since` (epoch milliseconds) or later, oldest first.
 * Twilio's list does not have our reference: texts are compared by recipient, sender and body, so equal texts to one
 * number cannot be told apart. Never rejects for a failure: the result is then `unavailable` (ask again later) or
 * `unsupported` (the account may not list messages).
 *
 * `DateSent` is a day in GMT: the list is read for the day of the attempt, for the next one when it has begun, and once
 * without a day, since a text that waits at Twilio has no such date yet.
 */
export async function findMessages(
  text: OutgoingSms,
  { since, now, config, get, provider, signal }: {
    readonly since: number;
    readonly now: number;
    readonly config: TwilioConfig;
    readonly get: Get;
    readonly provider: string;
    readonly signal: AbortSignal;
  },
): Promise<SearchResult> {
  const found = new Map<string, Message>();
  for (const day of [undefined, ...daysSince(since - CLOCK_MS, now)]) {
    const query = new URLSearchParams({
      To: `+${text.to}`,
      ...(day === undefined ? {} : { DateSent: day }),
      PageSize: String(PAGE_SIZE),
    });
    let url: string | undefined = `${messagesUrl(config)}?${query}`;
    for (let page = 0; url !== undefined && page < MAX_PAGES; page++) {
      const reply = await get(url, signal);
      if (!reply.ok) return { kind: "unavailable", code: reply.refusal.code };
      const parsed = Page.safeParse(reply.value.body);
      if (reply.value.status !== 200 || !parsed.success) return toFailure(reply.value);
      const messages = parsed.data.messages.map((message) => Message.safeParse(message));
      for (const { data } of messages) {
        if (data !== undefined && isOf(data, text, config, since)) found.set(data.sid, data);
      }
      const oldest = createdAt(messages.at(-1)?.data);
      // Without a day the newest come first: the rest is older than the attempt.
      const isPast = day === undefined && oldest !== undefined && oldest < since - CLOCK_MS;
      url = isPast ? undefined : nextUrl(parsed.data.next_page_uri, config);
    }
  }
  const messages = [...found.values()].toReversed().toSorted((a, b) =>
    (createdAt(a) ?? 0) - (createdAt(b) ?? 0)
  );
  return { kind: "found", messages: messages.map((message) => toAccepted(message, provider)) };
}

/** The days in GMT on which a text of this time may have been sent, as far as they have begun. */
function daysSince(since: number, now: number): readonly string[] {
  const days = [since, since + DAY_MS].filter((at) => at === since || dayOf(at) <= dayOf(now));
  return [...new Set(days.map(dayOf))];
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, "2026-01-01".length);
}

function isOf(
  message: Message,
  text: OutgoingSms,
  { from: standard }: TwilioConfig,
  since: number,
): boolean {
  const { From, MessagingServiceSid } = toSender(text, standard);
  const created = createdAt(message);
  return message.direction === "outbound-api" && message.body === text.text &&
    message.to === `+${text.to}` &&
    (MessagingServiceSid === undefined || message.messaging_service_sid === MessagingServiceSid) &&
    (From === undefined || message.from === From) &&
    created !== undefined && created >= since - CLOCK_MS;
}

function createdAt(message: Message | undefined): number | undefined {
  const at = Date.parse(message?.date_created ?? "");
  return Number.isNaN(at) ? undefined : at;
}

/** The next page's address is a path; one of another host is not followed, since it would get the credentials. */
function nextUrl(
  uri: string | null | undefined,
  config: Pick<TwilioConfig, "accountSid" | "baseUrl">,
): string | undefined {
  if (!uri?.startsWith("/") || uri.startsWith("//")) return undefined;
  const { origin, search } = new URL(uri, messagesUrl(config));
  return origin === new URL(messagesUrl(config)).origin
    ? `${messagesUrl(config)}${search}`
    : undefined;
}

/** A refusal of the search itself means that it cannot be asked; anything else, that it cannot be asked now. */
function toFailure({ status, retryAfter, body }: ProviderReply): SearchResult {
  const refused = Refused.safeParse(body);
  const code = refused.success ? String(refused.data.code) : `http-${status}`;
  // Bad credentials are mended; without the permission to read, nothing is.
  const isRefused = status >= 400 && status < 500 && ![401, 408, 429].includes(status) ||
    // An answer that is no list comes from a server that has none.
    status >= 200 && status < 300;
  return isRefused
    ? { kind: "unsupported", code }
    : { kind: "unavailable", code, ...parseRetryAfter(retryAfter) };
}

function toAccepted(message: Message, provider: string): AcceptedOutcome {
  const receipt = receiptOf(message, provider);
  return {
    kind: "accepted",
    providerMessageId: message.sid,
    ...(receipt && receipt.kind !== "sending" ? { receipts: [receipt] } : {}),
  };
}

function receiptOf({ sid, status, error_code }: Message, provider: string): Receipt | undefined {
  const code = error_code ? String(error_code) : undefined;
  return toReceipt({ provider, sid, status, code, ref: undefined });
}

/**
 * Returns a receipt for each message with a final status; the others are left out. It reads 8 messages at a time. After
 * a 429, a server error or no answer it begins no further one, and the rest is left out.
 */
export async function pollMessages(
  sids: readonly string[],
  { config, get, provider, signal }: {
    readonly config: TwilioConfig;
    readonly get: Get;
    readonly provider: string;
    readonly signal: AbortSignal;
  },
): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  const queue = sids.values();
  let isStopped = false;
  const readNext = async (): Promise<void> => {
    for (const sid of queue) {
      if (isStopped || signal.aborted) return;
      const reply = await get(messageUrl(config, sid), signal);
      const status = reply.ok ? reply.value.status : 0;
      // Too many requests, or no answer: the rest is read at the next poll.
      if (status === 0 || status === 429 || status >= 500) isStopped = true;
      const message = reply.ok && status === 200 ? Message.safeParse(reply.value.body) : undefined;
      const receipt = message?.success ? receiptOf(message.data, provider) : undefined;
      if (receipt !== undefined && receipt.kind !== "sending") receipts.push(receipt);
    }
  };
  await Promise.all(Array.from({ length: MAX_POLLS }, readNext));
  return receipts;
}
