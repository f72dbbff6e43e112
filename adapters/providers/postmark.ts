import { type Message, Models, ServerClient } from "postmark";
import { z } from "zod";
import type { OutgoingEmail, Provider, SendOutcome } from "../../domain/provider.ts";
import type { ReceiptReader } from "../../domain/receipt_reader.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { isHeaderName, isLoneAddress, toMailbox, toOneLine } from "./email_fields.ts";
import {
  outcomeOfStatus,
  PROVIDER_TIMEOUT_MS,
  type ProviderDependencies,
  type ProviderReply,
  type RejectedOutcome,
  type RetryOutcome,
  unknownOutcome,
  withinTime,
} from "./exchange.ts";
import { readPostmarkReceipts } from "./postmark_receipts.ts";
import { lookUp } from "./reading.ts";

/** How to reach Postmark, and how Postmark proves to us that it is Postmark. */
export interface PostmarkConfig {
  readonly serverToken: string;
  /** `https://api.postmarkapp.com`, or another server's origin and path. */
  readonly baseUrl: string;
  /** Defaults to `outbound`. */
  readonly messageStream?: string;
  /** Basic authentication of the webhooks; without it every receipt is refused. */
  readonly webhook: { readonly user: string; readonly password: string } | undefined;
  /** Defaults to {@link PROVIDER_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/** E-mail through Postmark, and its reports. */
export type Postmark = Provider & ReceiptReader;

/**
 * The message as Postmark's API wants it, or why it cannot be one.
 *
 * Names, subjects and header values are put on one line; an address that is not just one address is refused,
 * so that nothing in it can add a recipient or a header.
 */
export function toRequest(
  message: OutgoingEmail,
  messageStream = "outbound",
): Result<Message, RejectedOutcome> {
  if (!isLoneAddress(message.to)) return refuse(badField(true, "bad-recipient"));
  if (!isLoneAddress(message.from.address)) return refuse(badField(false, "bad-sender"));
  if (message.replyTo !== undefined && !isLoneAddress(message.replyTo)) {
    return refuse(badField(false, "bad-reply-to"));
  }
  const headers = Object.entries({ ...message.headers, ...keepMessageId(message.headers) });
  if (!headers.every(([name]) => isHeaderName(name) && !OWN_HEADERS.has(name.toLowerCase()))) {
    return refuse(badField(false, "bad-header"));
  }
  return ok({
    From: toMailbox(message.from),
    To: message.to,
    Subject: toOneLine(message.subject),
    HtmlBody: message.html,
    TextBody: message.text,
    MessageStream: messageStream,
    Metadata: {
      notification_id: message.ref.notificationId,
      service_id: message.ref.serviceId,
    },
    // A server's settings must not turn on watching who reads what.
    TrackOpens: false,
    TrackLinks: Models.LinkTrackingOptions.None,
    ...(message.replyTo === undefined ? {} : { ReplyTo: message.replyTo }),
    ...(headers.length === 0 ? {} : {
      Headers: headers.map(([Name, value]) => ({ Name, Value: toOneLine(value) })),
    }),
  });
}

/**
 * Headers that Postmark writes itself, in lower case. It refuses a message that brings one of them (`Header 'Date' not
 * allowed.`) with the code of a bad address, and a recipient would be thought unreachable for it; so it is not asked.
 * Source: Postmark's own Swift Mailer transport, which leaves them out; symfony/symfony#60254, beam-community/bamboo#302
 */
export const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...["date", "from", "sender", "to", "cc", "bcc", "reply-to", "subject"],
  ...["mime-version", "content-type"],
]);

/**
 * Without this header Postmark puts a Message-ID of its own over the message's. It holds for the API as well: Postmark's
 * own Swift Mailer transport sends it among the `Headers` of the API.
 * Source: https://postmarkapp.com/developer/user-guide/send-email-with-smtp
 */
function keepMessageId(headers: OutgoingEmail["headers"]): Readonly<Record<string, string>> {
  return Object.keys(headers).some((name) => name.toLowerCase() === "message-id")
    ? { "X-PM-KeepID": "true" }
    : {};
}

function badField(permanent: boolean, code: string): RejectedOutcome {
  return { kind: "rejected", permanent, code };
}

type Judgement = Omit<RejectedOutcome, "code"> | Omit<RetryOutcome, "code">;

/**
 * What Postmark's `ErrorCode` means beside its HTTP status; any other is judged by the status.
 * Source: https://postmarkapp.com/developer/api/overview#error-codes
 */
export const ERROR_CODES = {
  /** Bad or missing token: an operator can mend it. */
  10: { kind: "retry", outcome: "not-sent" },
  /** Maintenance. */
  100: { kind: "retry", outcome: "not-sent" },
  /** Invalid e-mail request, as a rule its address. */
  300: { kind: "rejected", permanent: true },
  /** Inactive recipient: bounced or complained before. It comes with HTTP status 422. */
  406: { kind: "rejected", permanent: true },
} as const satisfies Record<number, Judgement>;

const Accepted = z.object({ ErrorCode: z.literal(0), MessageID: z.string().min(1) });
const Refused = z.object({ ErrorCode: z.int().positive() });

/** What Postmark's answer came to. */
export function fromResponse(reply: ProviderReply): SendOutcome {
  const refused = Refused.safeParse(reply.body);
  const errorCode = refused.success ? refused.data.ErrorCode : undefined;
  if (reply.status >= 200 && reply.status < 300) {
    const accepted = Accepted.safeParse(reply.body);
    if (accepted.success) return { kind: "accepted", providerMessageId: accepted.data.MessageID };
    if (errorCode === undefined) return unknownOutcome("bad-answer");
    return fromResponse({ ...reply, status: 422 });
  }
  const code = errorCode === undefined ? undefined : String(errorCode);
  if (reply.status === 422 && code !== undefined) {
    const known = lookUp<Judgement>(ERROR_CODES, code);
    if (known !== undefined) return { ...known, code };
  }
  return outcomeOfStatus(reply, code);
}

/**
 * Makes the way out through Postmark.
 *
 * @throws {TypeError} when the base URL is none
 */
export function createPostmark(
  config: PostmarkConfig,
  { fetch }: ProviderDependencies,
): Postmark {
  const name = "postmark";
  const server = toServer(config.baseUrl);
  return {
    name,
    channel: "email",
    async send(message, signal) {
      if (message.channel !== "email") throw new TypeError("postmark sends e-mail only");
      const request = toRequest(message, config.messageStream);
      if (!request.ok) return request.refusal;
      const timeoutMs = config.timeoutMs ?? PROVIDER_TIMEOUT_MS;
      const reply = await withinTime(
        timeoutMs,
        signal,
        (signal) =>
          exchange(config.serverToken, request.value, { server, fetch, signal, timeoutMs }),
      );
      return reply.ok ? fromResponse(reply.value) : reply.refusal;
    },
    readReceipts: (request) => readPostmarkReceipts(request, config.webhook, name),
  };
}

/** An address as the client takes it, which puts `/email` straight after the host. */
function toServer(baseUrl: string): { readonly useHttps: boolean; readonly requestHost: string } {
  const { protocol, host, pathname } = new URL(baseUrl);
  return {
    useHttps: protocol === "https:",
    requestHost: `${host}${pathname.replace(/\/+$/, "")}`,
  };
}

interface ExchangeContext extends ProviderDependencies {
  readonly server: { readonly useHttps: boolean; readonly requestHost: string };
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * One request by Postmark's own client. A client lives for one message, since what the client hides (the status
 * of an answer that it could not read, the headers, the signal, why a connection failed) is kept by its `fetch`.
 */
async function exchange(
  serverToken: string,
  message: Message,
  { server, fetch, signal, timeoutMs }: ExchangeContext,
): Promise<ProviderReply> {
  let response: Response | undefined;
  let failure: unknown;
  const client = new ServerClient(serverToken, {
    ...server,
    timeout: timeoutMs / 1000,
    fetch: async (input, init) => {
      try {
        // Not followed: the token would go along.
        response = await fetch(input, { ...init, signal, redirect: "manual" });
        return response;
      } catch (error) {
        failure = error;
        throw error;
      }
    },
  });
  const body = await client.sendEmail(message).catch((error: unknown) => {
    if (response === undefined || response.ok) throw failure ?? error;
    return { ErrorCode: error instanceof Error && "code" in error ? error.code : undefined };
  });
  return {
    status: response?.status ?? 0,
    retryAfter: response?.headers.get("Retry-After") ?? undefined,
    body,
  };
}
