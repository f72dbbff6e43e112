import type { Message, ServerClient } from "postmark";
import type { OutgoingEmail, OutgoingMessage } from "../../../domain/delivery/outgoing_message.ts";
import { parseJson } from "../../../domain/json/parse_json.ts";
import type { MessageSearch, Provider } from "../../../domain/ports/provider.ts";
import type { ReceiptReader } from "../../../domain/ports/receipt_reader.ts";
import type { Result } from "../../../domain/result.ts";
import { HOUR_MS } from "../../../domain/time/durations.ts";
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
import { exchange, toServer } from "./client.ts";
import { readPostmarkReceipts, type WebhookCredentials } from "./receipts.ts";
import { DEFAULT_STREAM, toRequest } from "./request.ts";
import { checkServer, findMessages, type Get, pollMessages, SEARCH_GRACE_MS } from "./search.ts";
import { checkWebhooks } from "./webhooks.ts";

/** How to reach Postmark, and how Postmark authenticates when it calls the receipts' webhook. */
export interface PostmarkConfig {
  /** The token of a Postmark server, for its API. */
  readonly serverToken: string;
  /**
   * The token before a rotation: calls that Postmark refuses with the new one use it. Absent when no rotation is under
   * way.
   */
  readonly previousServerToken?: string;
  /** The API's URL, such as `https://api.postmarkapp.com`. */
  readonly baseUrl: string;
  /** Postmark's message stream to send on; the default is `outbound`. */
  readonly messageStream?: string;
  /** Credentials that Postmark sends to the webhook (HTTP Basic); when `undefined`, every receipt is refused. */
  readonly webhook: WebhookCredentials | undefined;
  /** The timeout of a call in milliseconds; the default is {@link PROVIDER_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/**
 * How long Postmark has an e-mail before it is asked for its status, in milliseconds. Postmark repeats the report of a
 * delivery for about 20 minutes, so some are lost.
 */
const POLL_AFTER_MS = HOUR_MS;

/**
 * The provider for e-mail through Postmark. It sends batches and reads receipts (delivery reports) from Postmark's
 * webhook. It polls for lost receipts, and finds messages after an attempt of unknown outcome.
 */
export type Postmark = Provider & ReceiptReader & Required<Pick<Provider, "batch" | "poll">> & {
  readonly search: MessageSearch;
  /**
   * Returns a warning for each setting of Postmark's server that a message cannot override and that matters, such as
   * open tracking; empty when Postmark does not answer. Never rejects.
   */
  check(signal: AbortSignal): Promise<readonly string[]>;
  /** What is wrong with Postmark's webhook for the address; none when nothing is. Never rejects. */
  checkWebhooks(address: string, signal: AbortSignal): Promise<readonly string[]>;
};

/**
 * Creates the provider. This makes no call to Postmark.
 *
 * @throws {TypeError} when the base URL is invalid
 */
export function createPostmark(
  config: PostmarkConfig,
  { fetch }: ProviderDependencies,
): Postmark {
  const name = "postmark";
  const { serverToken, previousServerToken } = config;
  const server = toServer(config.baseUrl);
  const timeoutMs = config.timeoutMs ?? PROVIDER_TIMEOUT_MS;
  const stream = config.messageStream ?? DEFAULT_STREAM;

  function toMessage(message: OutgoingMessage): Result<Message, RejectedOutcome> {
    return toRequest(requireEmail(message), stream);
  }

  /** A call that was refused for its token was not processed: it is made once more with the previous one. */
  async function withTokens(
    signal: AbortSignal,
    run: (token: string, signal: AbortSignal) => Promise<ProviderReply>,
  ): Promise<Result<ProviderReply, RetryOutcome>> {
    const call = (token: string) => withinTime(timeoutMs, signal, (signal) => run(token, signal));
    const reply = await call(serverToken);
    if (previousServerToken === undefined || !reply.ok || reply.value.status !== 401) return reply;
    return await call(previousServerToken);
  }

  function call(signal: AbortSignal, run: (client: ServerClient) => Promise<unknown>) {
    return withTokens(
      signal,
      (token, signal) => exchange(token, run, { server, fetch, timeoutMs, signal }),
    );
  }

  const get: Get = (path, signal) =>
    withTokens(signal, async (token, signal) => {
      const response = await fetch(`${config.baseUrl.replace(/\/+$/, "")}${path}`, {
        headers: { "X-Postmark-Server-Token": token, "Accept": "application/json" },
        signal,
        // A redirect is not followed: it would forward the token.
        redirect: "manual",
      });
      return {
        status: response.status,
        retryAfter: response.headers.get("Retry-After") ?? undefined,
        body: parseJson(await response.text()),
      };
    });

  const hasOwnStream = ({ MessageStream }: Message) => MessageStream !== stream;

  return {
    name,
    channel: "email",
    async send(message, signal) {
      const request = toMessage(message);
      if (!request.ok) return request.refusal;
      const reply = await call(signal, (client) => client.sendEmail(request.value));
      return reply.ok ? fromResponse(reply.value, hasOwnStream(request.value)) : reply.refusal;
    },
    batch: {
      most: MAX_BATCH,
      async send(messages, signal) {
        const requests = messages.map(toMessage);
        const valid = requests.flatMap((request) => request.ok ? request.value : []);
        const outcomes = (await sendInBatches(valid, async (chunk) => {
          const reply = await call(signal, (client) => client.sendEmailBatch([...chunk]));
          if (!reply.ok) return reply.refusal;
          return fromBatchResponse(reply.value, chunk.length, (index) => {
            const message = chunk[index];
            return message !== undefined && hasOwnStream(message);
          });
        })).values();
        return requests.map((request) =>
          request.ok ? outcomes.next().value ?? unknownOutcome("bad-answer") : request.refusal
        );
      },
    },
    search: {
      graceMs: SEARCH_GRACE_MS,
      find: (message, _since, signal) => findMessages(requireEmail(message), get, signal),
    },
    pollAfterMs: POLL_AFTER_MS,
    poll: (messageIds, signal) => pollMessages(messageIds, { get, provider: name, signal }),
    check: (signal) => checkServer(get, signal),
    checkWebhooks: (address, signal) =>
      checkWebhooks(get, { address, webhook: config.webhook, signal }),
    readReceipts: (request) => readPostmarkReceipts(request, config.webhook, name),
  };
}

function requireEmail(message: OutgoingMessage): OutgoingEmail {
  if (message.channel !== "email") throw new TypeError("postmark sends e-mail only");
  return message;
}
