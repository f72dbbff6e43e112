/**
 * A made-up SMS provider, written by the steps of `docs/adding_a_provider.md`. It stands here, and not in
 * `adapters/providers/`, because no real provider is behind it.
 */
import * as z from "zod/mini";
import {
  outcomeOfStatus,
  PROVIDER_TIMEOUT_MS,
  type ProviderDependencies,
  type ProviderReply,
  unknownOutcome,
  withinTime,
} from "../../adapters/providers/shared/http_exchange.ts";
import { lookUp } from "../../adapters/providers/shared/json_fields.ts";
import {
  defineProvider,
  httpAddress,
} from "../../adapters/providers/shared/provider_definition.ts";
import type { OutgoingSms } from "../../domain/delivery/outgoing_message.ts";
import type { ReceiptKind } from "../../domain/delivery/receipt.ts";
import type { Provider, SendOutcome } from "../../domain/ports/provider.ts";
import type { ReceiptReader } from "../../domain/ports/receipt_reader.ts";
import { parseJson } from "../../domain/json/parse_json.ts";
import { ok, refuse } from "../../domain/result.ts";

/** How to reach the provider. */
export interface ExampleSmsConfig {
  readonly token: string;
  readonly baseUrl: string;
  /** The sender of texts whose service has none of its own. */
  readonly from: string;
}

/** Texts through the provider, and its receipts. */
export type ExampleSms = Provider & ReceiptReader;

/** The call that sends a text. */
export function toRequest(message: OutgoingSms, config: ExampleSmsConfig) {
  return {
    url: `${config.baseUrl}/messages`,
    headers: { "Authorization": `Bearer ${config.token}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      to: `+${message.to}`,
      from: message.from ?? config.from,
      text: message.text,
    }),
  };
}

/** The meaning of the provider's statuses in receipts. */
export const RECEIPTS = {
  arrived: "delivered",
  lost: "temporary-failure",
  "no-such-number": "permanent-failure",
} as const satisfies Record<string, ReceiptKind>;

const Accepted = z.object({ id: z.string().check(z.minLength(1)) });
const Report = z.object({ id: z.string(), status: z.string() });

/** The outcome of the provider's answer. */
export function fromResponse(reply: ProviderReply): SendOutcome {
  if (reply.status < 200 || reply.status >= 300) return outcomeOfStatus(reply);
  const accepted = Accepted.safeParse(reply.body);
  return accepted.success
    ? { kind: "accepted", providerMessageId: accepted.data.id }
    : unknownOutcome("bad-answer");
}

/** Creates the provider. */
export function createExampleSms(
  config: ExampleSmsConfig,
  { fetch }: ProviderDependencies,
): ExampleSms {
  const name = "example-sms";
  return {
    name,
    channel: "sms",
    async send(message, signal) {
      if (message.channel !== "sms") throw new TypeError("example-sms sends texts only");
      const { url, headers, body } = toRequest(message, config);
      const reply = await withinTime(
        PROVIDER_TIMEOUT_MS,
        signal,
        async (signal): Promise<ProviderReply> => {
          const response = await fetch(url, { method: "POST", headers, body, signal });
          return {
            status: response.status,
            retryAfter: response.headers.get("Retry-After") ?? undefined,
            body: parseJson(await response.text()),
          };
        },
      );
      return reply.ok ? fromResponse(reply.value) : reply.refusal;
    },
    async readReceipts({ headers, readBody }) {
      if (headers.get("Authorization") !== `Bearer ${config.token}`) {
        return refuse({ kind: "unauthorised" });
      }
      const body = await readBody();
      if (!body.ok) return body;
      const report = Report.safeParse(parseJson(new TextDecoder().decode(body.value)));
      if (!report.success) return refuse({ kind: "malformed", detail: "id or status is missing" });
      const { id, status } = report.data;
      const kind = lookUp<ReceiptKind>(RECEIPTS, status);
      if (kind === undefined) return ok([]);
      return ok([{
        provider: name,
        providerMessageId: id,
        ref: undefined,
        kind,
        code: status,
        at: undefined,
        dedupeKey: `${id}:${status}`,
      }]);
    },
  };
}

/** The provider in the table of providers. */
export const EXAMPLE_SMS = defineProvider({
  name: "example-sms",
  channels: ["sms"],
  variables: {
    EXAMPLE_SMS_TOKEN: z.string(),
    EXAMPLE_SMS_FROM: z.string(),
    EXAMPLE_SMS_BASE_URL: z._default(httpAddress, "https://sms.example"),
  },
  required: ["EXAMPLE_SMS_TOKEN", "EXAMPLE_SMS_FROM"],
  callsBack: true,
  toSettings: (values): ExampleSmsConfig => ({
    token: values.EXAMPLE_SMS_TOKEN,
    from: values.EXAMPLE_SMS_FROM,
    baseUrl: values.EXAMPLE_SMS_BASE_URL,
  }),
  smsSender: ({ from }) => from,
  connect(settings, { fetch }) {
    const provider = createExampleSms(settings, { fetch });
    return { provider, receiptReader: provider };
  },
});
