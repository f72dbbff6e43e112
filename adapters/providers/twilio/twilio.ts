import type { OutgoingSms } from "../../../domain/delivery/outgoing_message.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { MessageSearch, Provider } from "../../../domain/ports/provider.ts";
import type { InboundReader } from "../../../domain/ports/inbound_reader.ts";
import type { ReceiptReader } from "../../../domain/ports/receipt_reader.ts";
import { parseJson } from "../../../domain/json/parse_json.ts";
import { HOUR_MS } from "../../../domain/time/durations.ts";
import {
  PROVIDER_TIMEOUT_MS,
  type ProviderDependencies,
  type ProviderReply,
  withinTime,
} from "../shared/http_exchange.ts";
import { fromResponse } from "./answers.ts";
import { readTwilioText, toTwiml } from "./inbound.ts";
import { readTwilioReceipts } from "./receipts.ts";
import { toHeaders, toRequest, type TwilioConfig } from "./request.ts";
import { findMessages, type Get, pollMessages, SEARCH_GRACE_MS } from "./search.ts";

/**
 * How long Twilio has a text before it is asked for its status, in milliseconds. Twilio repeats a callback for 15
 * seconds at most, so some are lost.
 */
const POLL_AFTER_MS = HOUR_MS;

/**
 * The provider for text messages through Twilio. It reads receipts (delivery reports) from Twilio's status callbacks,
 * and incoming texts. It polls for lost receipts, and finds messages after an attempt of unknown outcome.
 */
export type Twilio = Provider & ReceiptReader & InboundReader & Required<Pick<Provider, "poll">> & {
  readonly search: MessageSearch;
};

/** Creates the provider. This makes no call to Twilio. */
export function createTwilio(
  config: TwilioConfig,
  { fetch, clock = { now: Date.now } }: ProviderDependencies & {
    readonly clock?: Pick<Clock, "now">;
  },
): Twilio {
  const name = "twilio";
  const { authToken, previousAuthToken } = config;
  const authTokens = [authToken, ...(previousAuthToken === undefined ? [] : [previousAuthToken])];
  const signatures = { authTokens, publicUrl: config.publicUrl };

  async function call(url: string, init: RequestInit, signal: AbortSignal) {
    return await withinTime(
      config.timeoutMs ?? PROVIDER_TIMEOUT_MS,
      signal,
      async (signal): Promise<ProviderReply> => {
        // A redirect is not followed: it would forward the credentials.
        const response = await fetch(url, { ...init, signal, redirect: "manual" });
        return {
          status: response.status,
          retryAfter: response.headers.get("Retry-After") ?? undefined,
          body: parseJson(await response.text()),
        };
      },
    );
  }

  /** A call that was refused for its credentials was not processed: it is made once more with the previous token. */
  async function callWithTokens(run: (authToken: string) => ReturnType<typeof call>) {
    const reply = await run(authToken);
    if (previousAuthToken === undefined || !reply.ok || reply.value.status !== 401) return reply;
    return await run(previousAuthToken);
  }

  const get: Get = (url, signal) =>
    callWithTokens((authToken) =>
      call(url, { headers: toHeaders({ ...config, authToken }) }, signal)
    );

  return {
    name,
    channel: "sms",
    async send(message, signal) {
      const text = requireText(message);
      const reply = await callWithTokens((authToken) => {
        const { url, headers, body } = toRequest(text, { ...config, authToken }, clock.now());
        return call(url, { method: "POST", headers, body }, signal);
      });
      const hasOwnSender = text.from !== undefined || text.messagingService !== undefined;
      return reply.ok ? fromResponse(reply.value, message.ref, name, hasOwnSender) : reply.refusal;
    },
    search: {
      graceMs: SEARCH_GRACE_MS,
      async find(message, since, signal) {
        const options = { since, now: clock.now(), config, get, provider: name, signal };
        return await findMessages(requireText(message), options);
      },
    },
    pollAfterMs: POLL_AFTER_MS,
    poll: (sids, signal) => pollMessages(sids, { config, get, provider: name, signal }),
    readReceipts: (request) => readTwilioReceipts(request, signatures, name),
    readText: (request) => readTwilioText(request, signatures, name),
    presentReply: toTwiml,
  };
}

function requireText(message: Parameters<Provider["send"]>[0]): OutgoingSms {
  if (message.channel !== "sms") throw new TypeError("twilio sends texts only");
  return message;
}
