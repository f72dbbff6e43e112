import * as z from "zod/mini";
import type { NotificationRef } from "../../../domain/ids.ts";
import type { OutgoingSms } from "../../../domain/delivery/outgoing_message.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";
import type { ReceiptReader } from "../../../domain/ports/receipt_reader.ts";
import {
  outcomeOfStatus,
  parseRetryAfter,
  PROVIDER_TIMEOUT_MS,
  type ProviderDependencies,
  type ProviderReply,
  type RejectedOutcome,
  type RetryOutcome,
  unknownOutcome,
  withinTime,
} from "../shared/http_exchange.ts";
import { parseJson } from "../../../domain/json/parse_json.ts";
import { lookUp, toAttemptField } from "../shared/json_fields.ts";
import { readTwilioReceipts, toReceipt } from "./receipts.ts";
import { defineProvider, httpAddress } from "../shared/provider_definition.ts";

/** How to reach Twilio, and where Twilio sends receipts. */
export interface TwilioConfig {
  readonly accountSid: string;
  /** The account's primary auth token. It authenticates calls, and Twilio signs the receipts with it. */
  readonly authToken: string;
  /** The default sender: a number, an alphanumeric sender, or the `MG…` id of a messaging service. */
  readonly from: string;
  /** The API's URL, such as `https://api.twilio.com`. */
  readonly baseUrl: string;
  /** The public URL of this deployment, at which Twilio sends receipts. Twilio's signature covers it. */
  readonly publicUrl: string;
  /** The timeout of a call in milliseconds; the default is {@link PROVIDER_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/** The provider for text messages through Twilio. It reads receipts from Twilio's status callbacks. */
export type Twilio = Provider & ReceiptReader;

/** The path that Twilio reports to, below our public address. */
const TWILIO_RECEIPTS_PATH = "/receipts/twilio";

/** Returns the HTTP request that sends a text message, with the status callback for its receipts. */
export function toRequest(
  message: OutgoingSms,
  config: Pick<TwilioConfig, "accountSid" | "authToken" | "from" | "baseUrl" | "publicUrl">,
): { readonly url: string; readonly headers: Record<string, string>; readonly body: string } {
  const { accountSid, authToken } = config;
  const callback = new URLSearchParams({
    service_id: message.ref.serviceId,
    ...toAttemptField(message.attempt),
    notification_id: message.ref.notificationId,
  });
  const form = new URLSearchParams({
    To: `+${message.to}`,
    ...toSender(message.from ?? config.from),
    Body: message.text,
    StatusCallback: `${withoutSlash(config.publicUrl)}${TWILIO_RECEIPTS_PATH}?${callback}`,
  });
  const account = encodeURIComponent(accountSid);
  return {
    url: `${withoutSlash(config.baseUrl)}/2010-04-01/Accounts/${account}/Messages.json`,
    headers: {
      "Authorization": `Basic ${btoa(`${accountSid}:${authToken}`)}`,
      "Content-Type": "application/x-www-form-urlencoded",
      "Accept": "application/json",
    },
    body: form.toString(),
  };
}

/** Digits get a plus sign. An `MG…` id is longer than the 11 characters that an alphanumeric sender can have. */
function toSender(from: string): Readonly<Record<string, string>> {
  if (/^MG[0-9A-Za-z]{10,}$/.test(from)) return { MessagingServiceSid: from };
  return { From: /^[1-9]\d{7,14}$/.test(from) ? `+${from}` : from };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

type CodeOutcome = Omit<RejectedOutcome, "code"> | Omit<RetryOutcome, "code">;

const REFUSED_RECIPIENT = { kind: "rejected", permanent: true } as const;
const NOT_SENT = { kind: "retry", outcome: "not-sent" } as const;

/**
 * The outcome of Twilio's error codes for a request; for any other code the HTTP status decides.
 * Source: https://www.twilio.com/docs/api/errors
 */
const ERROR_CODES = {
  /** Bad credentials, which an operator can fix. */
  20003: NOT_SENT,
  /** The account is not active. */
  20005: NOT_SENT,
  /** Too many requests; never processed. */
  20429: NOT_SENT,
  /** The sender's queue is full. */
  21611: NOT_SENT,
  /** Not a valid number. */
  21211: REFUSED_RECIPIENT,
  /** A short code. */
  21265: REFUSED_RECIPIENT,
  /** The recipient has opted out. */
  21610: REFUSED_RECIPIENT,
  /** Not a mobile number. */
  21614: REFUSED_RECIPIENT,
  /** A landline. */
  21635: REFUSED_RECIPIENT,
} as const satisfies Record<number, CodeOutcome>;

const Accepted = z.object({
  sid: z.string().check(z.minLength(1)),
  status: z.nullish(z.string()),
  error_code: z.nullish(z.number()),
});
const Refused = z.object({ code: z.int().check(z.positive()) });

/**
 * Returns the outcome of a text message from Twilio's reply. When the reply has a final status already, the outcome
 * contains its receipt, because Twilio sends no callback for a message that fails at once.
 *
 * @param ref the notification, for that receipt
 * @param provider the provider's name, for that receipt
 */
export function fromResponse(
  reply: ProviderReply,
  ref: NotificationRef,
  provider: string,
): SendOutcome {
  if (reply.status >= 200 && reply.status < 300) {
    const accepted = Accepted.safeParse(reply.body);
    if (!accepted.success) return unknownOutcome("bad-answer");
    const { sid, status, error_code } = accepted.data;
    const code = error_code ? String(error_code) : undefined;
    const receipt = toReceipt({ provider, sid, status: status ?? "", code, ref });
    return {
      kind: "accepted",
      providerMessageId: sid,
      ...(receipt && receipt.kind !== "sending" ? { receipts: [receipt] } : {}),
    };
  }
  const refused = Refused.safeParse(reply.body);
  const code = refused.success ? String(refused.data.code) : undefined;
  const codeOutcome = lookUp<CodeOutcome>(ERROR_CODES, code);
  if (codeOutcome === undefined || code === undefined || reply.status >= 500) {
    return outcomeOfStatus(reply, code);
  }
  if (codeOutcome.kind === "rejected") return { ...codeOutcome, code };
  return { ...codeOutcome, code, ...parseRetryAfter(reply.retryAfter) };
}

/** Creates the provider. It makes no call before it sends. */
export function createTwilio(config: TwilioConfig, { fetch }: ProviderDependencies): Twilio {
  const name = "twilio";
  return {
    name,
    channel: "sms",
    async send(message, signal) {
      if (message.channel !== "sms") throw new TypeError("twilio sends texts only");
      const { url, headers, body } = toRequest(message, config);
      const reply = await withinTime(
        config.timeoutMs ?? PROVIDER_TIMEOUT_MS,
        signal,
        async (signal): Promise<ProviderReply> => {
          // A redirect is not followed: it would forward the credentials.
          const init = { method: "POST", headers, body, signal, redirect: "manual" } as const;
          const response = await fetch(url, init);
          return {
            status: response.status,
            retryAfter: response.headers.get("Retry-After") ?? undefined,
            body: parseJson(await response.text()),
          };
        },
      );
      return reply.ok ? fromResponse(reply.value, message.ref, name) : reply.refusal;
    },
    readReceipts: (request) => readTwilioReceipts(request, config, name),
  };
}

/** Twilio's entry in the table of providers. */
export const TWILIO = defineProvider({
  name: "twilio",
  channels: ["sms"],
  variables: {
    TWILIO_ACCOUNT_SID: z.string(),
    TWILIO_AUTH_TOKEN: z.string(),
    TWILIO_FROM: z.string(),
    TWILIO_BASE_URL: z._default(httpAddress, "https://api.twilio.com"),
  },
  required: ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"],
  callsBack: true,
  toSettings: (values) => ({
    accountSid: values.TWILIO_ACCOUNT_SID,
    authToken: values.TWILIO_AUTH_TOKEN,
    from: values.TWILIO_FROM,
    baseUrl: values.TWILIO_BASE_URL,
  }),
  // A messaging service has no name to show; it chooses a sender by itself.
  smsSender: ({ from }) => from.startsWith("MG") ? undefined : from,
  connect(settings, { fetch, publicUrl }) {
    const twilio = createTwilio({ ...settings, publicUrl }, { fetch });
    return { provider: twilio, receiptReader: twilio };
  },
});
