import type { Message, Models, ServerClient } from "postmark";
import * as z from "zod/mini";
import type { OutgoingEmail, OutgoingMessage } from "../../../domain/delivery/outgoing_message.ts";
import type { Provider } from "../../../domain/ports/provider.ts";
import type { ReceiptReader } from "../../../domain/ports/receipt_reader.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import { isHeaderName, isLoneAddress, toMailbox, toOneLine } from "../shared/email_fields.ts";
import {
  PROVIDER_TIMEOUT_MS,
  type ProviderDependencies,
  type ProviderReply,
  type RejectedOutcome,
  type RetryOutcome,
  unknownOutcome,
  withinTime,
} from "../shared/http_exchange.ts";
import { fromBatchResponse, fromResponse } from "./answers.ts";
import { MAX_BATCH, sendInBatches } from "./batch.ts";
import { toAttemptField } from "../shared/json_fields.ts";
import { readPostmarkReceipts } from "./receipts.ts";
import { defineProvider, httpAddress } from "../shared/provider_definition.ts";

/** How to reach Postmark, and how Postmark authenticates when it calls the receipts' webhook. */
export interface PostmarkConfig {
  /** The token of a Postmark server, for its API. */
  readonly serverToken: string;
  /** The API's URL, such as `https://api.postmarkapp.com`. */
  readonly baseUrl: string;
  /** Postmark's message stream to send on; the default is `outbound`. */
  readonly messageStream?: string;
  /** Credentials that Postmark sends to the webhook (HTTP Basic); when `undefined`, every receipt is refused. */
  readonly webhook: { readonly user: string; readonly password: string } | undefined;
  /** The timeout of a call in milliseconds; the default is {@link PROVIDER_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/** The provider for e-mail through Postmark. It sends batches and reads receipts from Postmark's webhook. */
export type Postmark = Provider & ReceiptReader & Required<Pick<Provider, "batch">>;

/**
 * Converts a message to the JSON of Postmark's API, or returns the outcome `rejected` when it cannot be sent.
 *
 * Line breaks in names, subjects and header values become spaces. Each address must be exactly one bare address, so
 * that it cannot add a recipient or a header.
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
      ...toAttemptField(message.attempt),
    },
    // Overrides the server's settings: recipients are not tracked.
    TrackOpens: false,
    TrackLinks: NO_LINK_TRACKING,
    ...(message.replyTo === undefined ? {} : { ReplyTo: message.replyTo }),
    ...(headers.length === 0 ? {} : {
      Headers: headers.map(([Name, value]) => ({ Name, Value: toOneLine(value) })),
    }),
  });
}

const NO_LINK_TRACKING = "None" as Models.LinkTrackingOptions.None;

/**
 * Headers that Postmark writes itself, in lower case. It refuses a message that has one of them (`Header 'Date' not
 * allowed.`) with the code of a bad address, which would count as a permanent failure of the recipient. Source:
 * Postmark's own Swift Mailer transport, which leaves them out; symfony/symfony#60254, beam-community/bamboo#302
 */
export const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...["date", "from", "sender", "to", "cc", "bcc", "reply-to", "subject"],
  ...["mime-version", "content-type"],
]);

/**
 * Without this header Postmark replaces the Message-ID. It works in the API as well: Postmark's own Swift Mailer
 * transport sends it among the API's `Headers`.
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

/**
 * Creates the provider. It makes no call before it sends.
 *
 * @throws {TypeError} when the base URL is invalid
 */
export function createPostmark(
  config: PostmarkConfig,
  { fetch }: ProviderDependencies,
): Postmark {
  const name = "postmark";
  const server = toServer(config.baseUrl);
  const timeoutMs = config.timeoutMs ?? PROVIDER_TIMEOUT_MS;

  function toMessage(message: OutgoingMessage): Result<Message, RejectedOutcome> {
    if (message.channel !== "email") throw new TypeError("postmark sends e-mail only");
    return toRequest(message, config.messageStream);
  }

  function call(
    signal: AbortSignal,
    run: (client: ServerClient) => Promise<unknown>,
  ): Promise<Result<ProviderReply, RetryOutcome>> {
    const context = { server, fetch, timeoutMs };
    return withinTime(
      timeoutMs,
      signal,
      (signal) => exchange(config.serverToken, run, { ...context, signal }),
    );
  }

  return {
    name,
    channel: "email",
    async send(message, signal) {
      const request = toMessage(message);
      if (!request.ok) return request.refusal;
      const reply = await call(signal, (client) => client.sendEmail(request.value));
      return reply.ok ? fromResponse(reply.value) : reply.refusal;
    },
    batch: {
      most: MAX_BATCH,
      async send(messages, signal) {
        const requests = messages.map(toMessage);
        const valid = requests.flatMap((request) => request.ok ? request.value : []);
        const outcomes = (await sendInBatches(valid, async (chunk) => {
          const reply = await call(signal, (client) => client.sendEmailBatch([...chunk]));
          return reply.ok ? fromBatchResponse(reply.value, chunk.length) : reply.refusal;
        })).values();
        return requests.map((request) =>
          request.ok ? outcomes.next().value ?? unknownOutcome("bad-answer") : request.refusal
        );
      },
    },
    readReceipts: (request) => readPostmarkReceipts(request, config.webhook, name),
  };
}

/** The base URL in the form of Postmark's client, which appends `/email` to the host. */
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
 * Makes one request with Postmark's own client. Each call has a client of its own, whose `fetch` captures what the
 * client hides: the status of an unreadable answer, the headers, the cause of a broken connection. It also passes the
 * signal.
 */
async function exchange(
  serverToken: string,
  run: (client: ServerClient) => Promise<unknown>,
  { server, fetch, signal, timeoutMs }: ExchangeContext,
): Promise<ProviderReply> {
  // Loaded by the first call: a deployment without Postmark does not need it.
  const { ServerClient } = await import("postmark");
  let response: Response | undefined;
  let failure: unknown;
  const client = new ServerClient(serverToken, {
    ...server,
    timeout: timeoutMs / 1000,
    fetch: async (input, init) => {
      try {
        // A redirect is not followed: it would forward the token.
        response = await fetch(input, { ...init, signal, redirect: "manual" });
        return response;
      } catch (error) {
        failure = error;
        throw error;
      }
    },
  });
  const body = await run(client).catch((error: unknown) => {
    if (response === undefined || response.ok) throw failure ?? error;
    return { ErrorCode: error instanceof Error && "code" in error ? error.code : undefined };
  });
  return {
    status: response?.status ?? 0,
    retryAfter: response?.headers.get("Retry-After") ?? undefined,
    body,
  };
}

/** Postmark's entry in the table of providers. */
export const POSTMARK = defineProvider({
  name: "postmark",
  channels: ["email"],
  variables: {
    POSTMARK_SERVER_TOKEN: z.string(),
    POSTMARK_BASE_URL: z._default(httpAddress, "https://api.postmarkapp.com"),
    POSTMARK_WEBHOOK_USER: z.optional(z.string()),
    POSTMARK_WEBHOOK_PASSWORD: z.optional(z.string()),
  },
  required: ["POSTMARK_SERVER_TOKEN"],
  together: [["POSTMARK_WEBHOOK_USER", "POSTMARK_WEBHOOK_PASSWORD"]],
  receiptVariables: ["POSTMARK_WEBHOOK_USER", "POSTMARK_WEBHOOK_PASSWORD"],
  callsBack: true,
  toSettings(values): PostmarkConfig {
    const { POSTMARK_WEBHOOK_USER: user, POSTMARK_WEBHOOK_PASSWORD: password } = values;
    return {
      serverToken: values.POSTMARK_SERVER_TOKEN,
      baseUrl: values.POSTMARK_BASE_URL,
      webhook: user === undefined || password === undefined ? undefined : { user, password },
    };
  },
  warnings: ({ webhook }) =>
    webhook === undefined
      ? ["POSTMARK_WEBHOOK_USER is not set: every report of Postmark's is refused"]
      : [],
  connect(settings, { fetch }) {
    const postmark = createPostmark(settings, { fetch });
    return { provider: postmark, receiptReader: postmark };
  },
});
