import type { OutgoingMessage, OutgoingSms } from "../../../domain/delivery/outgoing_message.ts";
import { parseJson } from "../../../domain/json/parse_json.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { InboundReader } from "../../../domain/ports/inbound_reader.ts";
import type { Provider } from "../../../domain/ports/provider.ts";
import type { ReceiptReader } from "../../../domain/ports/receipt_reader.ts";
import { refuse, type Result } from "../../../domain/result.ts";
import {
  PROVIDER_TIMEOUT_MS,
  type ProviderDependencies,
  type ProviderReply,
  type RefusalOutcome,
  withinTime,
} from "../shared/http_exchange.ts";
import { fromResponse } from "./answers.ts";
import { readVonageText } from "./inbound.ts";
import { readVonageReceipts } from "./receipts.ts";
import { messagesUrl, signToken, toRequest, toText, type VonageConfig } from "./request.ts";

/**
 * The provider for text messages through Vonage's Messages API. It reads receipts (status reports) and incoming texts
 * from signed webhooks, which Vonage repeats for a day, so it does not poll. It cannot be asked about an attempt of
 * unknown outcome.
 */
export type Vonage = Provider & ReceiptReader & InboundReader;

/** Creates the provider. This makes no call to Vonage. */
export function createVonage(
  config: VonageConfig,
  { fetch, clock = { now: Date.now } }: ProviderDependencies & {
    readonly clock?: Pick<Clock, "now">;
  },
): Vonage {
  const name = "vonage";
  const { applicationId, privateKey, previousPrivateKey } = config;
  const now = () => clock.now();
  const signatures = { secrets: config.signatureSecrets, applicationId, now };

  async function call(
    key: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<Result<ProviderReply, RefusalOutcome>> {
    let token: string;
    try {
      token = await signToken(applicationId, key, now());
    } catch {
      return refuse({ kind: "provider-fault", scope: "provider", code: "private-key" });
    }
    return await withinTime(config.timeoutMs ?? PROVIDER_TIMEOUT_MS, signal, async (signal) => {
      const response = await fetch(messagesUrl(config), {
        method: "POST",
        headers: {
          "Authorization": `Bearer ${token}`,
          "Content-Type": "application/json",
          "Accept": "application/json",
        },
        body: JSON.stringify(body),
        signal,
        // A redirect is not followed: it would forward the credentials.
        redirect: "manual",
      });
      return {
        status: response.status,
        retryAfter: response.headers.get("Retry-After") ?? undefined,
        body: parseJson(await response.text()),
      };
    });
  }

  /** A call that was refused for its key was not processed: it is made once more with the previous one. */
  async function callWithKeys(body: unknown, signal: AbortSignal) {
    const reply = await call(privateKey, body, signal);
    if (previousPrivateKey === undefined || !reply.ok || reply.value.status !== 401) return reply;
    return await call(previousPrivateKey, body, signal);
  }

  return {
    name,
    channel: "sms",
    async send(message, signal) {
      const text = requireText(message);
      const reply = await callWithKeys(toRequest(text, config, now()), signal);
      return reply.ok ? fromResponse(reply.value, text.from !== undefined) : reply.refusal;
    },
    readReceipts: (request) => readVonageReceipts(request, signatures, name),
    readText: (request) => readVonageText(request, signatures, name),
    async presentReply(reply, { from, to }, isRepeated) {
      if (reply !== undefined && !isRepeated) {
        const text = toText({ to: from, from: to, text: reply });
        // Tried once: what the person asked for is stored already.
        await callWithKeys(text, new AbortController().signal);
      }
      return { contentType: "application/json", body: "{}" };
    },
  };
}

function requireText(message: OutgoingMessage): OutgoingSms {
  if (message.channel !== "sms") throw new TypeError("vonage sends texts only");
  return message;
}
