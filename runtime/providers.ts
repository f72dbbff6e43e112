/** The table of providers, and the connections that a deployment makes from it. */
import { DIIA } from "../adapters/providers/diia/definition.ts";
import { INBOX } from "../adapters/providers/inbox/inbox.ts";
import { POSTMARK } from "../adapters/providers/postmark/definition.ts";
import { createSandbox, SANDBOX } from "../adapters/providers/sandbox/sandbox.ts";
import type {
  ConfiguredProvider,
  ConnectedProvider,
  ProviderContext,
  ProviderDefinition,
} from "../adapters/providers/shared/provider_definition.ts";
import { SMTP } from "../adapters/providers/smtp/definition.ts";
import { TWILIO } from "../adapters/providers/twilio/definition.ts";
import { VONAGE } from "../adapters/providers/vonage/definition.ts";
import type { DiiaTemplates } from "../domain/ports/diia_templates.ts";
import type { Provider } from "../domain/ports/provider.ts";
import type { InboundReader } from "../domain/ports/inbound_reader.ts";
import type { ReceiptReader } from "../domain/ports/receipt_reader.ts";
import type { Channel } from "../domain/service/service.ts";

/**
 * Every provider. Of the configured ones of a channel the first is preferred, unless the environment names another
 * (`EMAIL_PROVIDER`, `SMS_PROVIDER`). The sandbox is used only alone. A new provider is one more row.
 */
export const PROVIDERS: readonly ProviderDefinition[] = [
  POSTMARK,
  SMTP,
  TWILIO,
  VONAGE,
  INBOX,
  DIIA,
  SANDBOX,
];

/** The providers that the environment configures for each channel, the preferred one first. */
export type ConfiguredChannels = Readonly<Record<Channel, readonly ConfiguredProvider[]>>;

/** The connected providers of a deployment. */
export interface ProviderConnections {
  /** The providers of each channel, the preferred one first; empty for a channel without one. */
  readonly providers: Readonly<Record<Channel, readonly Provider[]>>;
  /**
   * For each channel the provider of messages that are sent with a test key: it simulates sending, and delivers
   * nothing.
   */
  readonly simulators: Readonly<Record<Channel, Provider>>;
  /** The readers of receipts (delivery reports) by provider name, the last segment of the path `/receipts/{name}`. */
  readonly receiptReaders: Readonly<Record<string, ReceiptReader>>;
  /** The readers of incoming texts by provider name, the last segment of the path `/inbound/{name}`. */
  readonly inboundReaders: Readonly<Record<string, InboundReader>>;
  /** Publishes templates to Diia; `undefined` when the deployment is not a partner of Diia. */
  readonly diiaTemplates: DiiaTemplates | undefined;
  /** Every provider with what it connects, one for each of its channels. */
  readonly connected: readonly ConnectedProvider[];
  /**
   * Asks every provider to check the settings at the provider that Hark cannot override; resolves with their warnings.
   * Never rejects.
   */
  check(signal: AbortSignal): Promise<readonly string[]>;
}

/**
 * Creates the configured providers. Where the context has a mailbox, so in development, the sandbox simulates Diia
 * unless Diia is configured.
 */
export async function connectProviders(
  channels: ConfiguredChannels,
  context: ProviderContext,
): Promise<ProviderConnections> {
  const [sms, email, inbox, diia] = await Promise.all([
    connectChannel("sms", channels, context),
    connectChannel("email", channels, context),
    connectChannel("inbox", channels, context),
    connectChannel("diia", channels, context),
  ]);
  const connections = { sms, email, inbox, diia };
  const { clock } = context;
  const all = Object.values(connections).flat();
  return {
    providers: {
      sms: connections.sms.map(({ provider }) => provider),
      email: connections.email.map(({ provider }) => provider),
      inbox: connections.inbox.map(({ provider }) => provider),
      diia: connections.diia.map(({ provider }) => provider),
    },
    simulators: {
      sms: createSandbox("sms", clock),
      email: createSandbox("email", clock),
      inbox: createSandbox("inbox", clock),
      diia: createSandbox("diia", clock),
    },
    receiptReaders: Object.fromEntries(
      all.flatMap(({ provider, receiptReader }) =>
        receiptReader === undefined ? [] : [[provider.name, receiptReader]]
      ),
    ),
    inboundReaders: Object.fromEntries(
      all.flatMap(({ provider, inboundReader }) =>
        inboundReader === undefined ? [] : [[provider.name, inboundReader]]
      ),
    ),
    connected: all,
    diiaTemplates: all.find(({ diiaTemplates }) => diiaTemplates !== undefined)?.diiaTemplates,
    async check(signal) {
      const checks = all.flatMap(({ check }) => check === undefined ? [] : [check(signal)]);
      return (await Promise.allSettled(checks)).flatMap((result) =>
        result.status === "fulfilled" ? result.value : []
      );
    },
  };
}

async function connectChannel(
  channel: Channel,
  channels: ConfiguredChannels,
  context: ProviderContext,
): Promise<readonly ConnectedProvider[]> {
  const isSimulated = channel === "diia" && channels.diia.length === 0 &&
    context.mailbox !== undefined;
  const configured = isSimulated ? [SANDBOX.configure({})] : channels[channel];
  const connected = await Promise.all(
    configured.map((provider) => provider.connect(channel, context)),
  );
  return connected.flatMap((provider) => provider ?? []);
}
