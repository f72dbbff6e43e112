/** A provider's entry in the table of providers: its name, channels, variables, factory and receipts. */
import * as z from "zod/mini";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { DiiaTemplates } from "../../../domain/ports/diia_templates.ts";
import type { InboundReader } from "../../../domain/ports/inbound_reader.ts";
import type { InboxEvents } from "../../../domain/ports/inbox_events.ts";
import type { InboxStore } from "../../../domain/ports/inbox_store.ts";
import type { Mailbox } from "../../../domain/ports/mailbox.ts";
import type { Provider } from "../../../domain/ports/provider.ts";
import type { ReceiptReader } from "../../../domain/ports/receipt_reader.ts";
import type { Channel } from "../../../domain/service/service.ts";
import type { OpenSmtp } from "../smtp/transport.ts";

/** The dependencies that `connect` of a provider may use. */
export interface ProviderContext {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Pick<Clock, "now" | "newId">;
  /**
   * The public URL of this deployment, without a trailing slash. Providers send receipts to `/receipts/{name}` below
   * it.
   */
  readonly publicUrl: string;
  /** Creates connections to a mail server; `undefined` on Workers, which have none. */
  readonly openSmtp: OpenSmtp | undefined;
  /** Keeps the messages that the sandbox gets; only in development. */
  readonly mailbox: Mailbox | undefined;
  /** The inboxes of the registry API (`/api/notifications`); `undefined` when that API is off. */
  readonly inbox:
    | {
      readonly store: Pick<InboxStore, "put" | "putAll" | "sharesPuts">;
      readonly events: InboxEvents;
    }
    | undefined;
}

/** A provider that is ready to send, with the readers of the webhook calls that it makes. */
export interface ConnectedProvider {
  readonly provider: Provider;
  /** Reads the calls to `/receipts/{name}`; absent when the provider does not call it. */
  readonly receiptReader?: ReceiptReader;
  /** Reads the calls to `/inbound/{name}`, which deliver received texts; absent when the provider has none. */
  readonly inboundReader?: InboundReader;
  /** Publishes the registry API's templates to Diia; only Diia and the sandbox have it. */
  readonly diiaTemplates?: DiiaTemplates;
  /**
   * Checks settings that are kept at the provider, such as Postmark's open tracking, and that Hark cannot override. It
   * is called once at the start, which does not wait for it. Absent when there are none.
   *
   * @returns warnings to log; none when the provider does not answer. Never rejects
   */
  readonly check?: (signal: AbortSignal) => Promise<readonly string[]>;
  /**
   * Makes a call to `/receipts/{name}` as the provider makes it, about an event that the reader ignores. By it the
   * operator checks the public URL and the secret. Absent when the provider does not call, or its secret is not set.
   */
  readonly probeReceipts?: () => Promise<WebhookProbe>;
  /**
   * Asks the provider whether it is set up to send receipts to an address. Absent when it cannot be asked.
   *
   * @param address the whole URL of `/receipts/{name}`
   * @returns what is wrong, a sentence each; none when nothing is. Never rejects
   */
  readonly checkWebhooks?: (address: string, signal: AbortSignal) => Promise<readonly string[]>;
}

/** A call to a webhook of this deployment, as a provider would make it. */
export interface WebhookProbe {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A provider with its settings, which were read from the environment variables. */
export interface ConfiguredProvider {
  readonly name: string;
  /** The settings, for display and tests; they hold secrets. */
  readonly settings: object;
  /** Whether the provider sends receipts by calling this deployment's public URL. */
  readonly callsBack: boolean;
  /**
   * The variable of a provider that needs TCP connections, which a Worker does not have: its start is refused. `undefined`
   * for one that needs only `fetch`.
   */
  readonly tcpVariable: string | undefined;
  /**
   * The sender (a number or a name) of text messages of services that have set none; `undefined` when the provider
   * chooses it.
   */
  readonly smsSender: string | undefined;
  /** Warnings to log at start-up, about optional settings without which something does not work. */
  readonly warnings: readonly string[];
  /**
   * Creates the provider for one of its channels, and loads its modules.
   *
   * @returns `undefined` when the context lacks a dependency that the provider needs, such as the inboxes
   */
  connect(channel: Channel, context: ProviderContext): Promise<ConnectedProvider | undefined>;
}

/** A provider's entry in the table of providers, from which the configuration selects one for each channel. */
export interface ProviderDefinition {
  /** In kebab-case. It is stored with notifications and is part of the receipt address, so it never changes. */
  readonly name: string;
  readonly channels: readonly Channel[];
  /** The environment variables of the provider, each with the schema of its value. */
  readonly variables: Readonly<Record<string, z.ZodMiniType>>;
  /** Variables without which the provider cannot send. */
  readonly required: readonly string[];
  /** Groups of variables that are set together or not at all. */
  readonly together: readonly (readonly string[])[];
  /**
   * Optional variables with which receipts are authenticated; without them every receipt of the provider is refused.
   */
  readonly receiptVariables: readonly string[];
  /** Reads the settings from the variables. @throws when a variable is missing or does not match its schema */
  configure(variables: Readonly<Record<string, unknown>>): ConfiguredProvider;
}

/** The declaration of a provider, in its own file. */
interface Declaration<Shape extends z.core.$ZodLooseShape, Settings> {
  readonly name: string;
  readonly channels: readonly Channel[];
  readonly variables: Shape;
  readonly required?: readonly (keyof Shape & string)[];
  readonly together?: readonly (readonly (keyof Shape & string)[])[];
  readonly receiptVariables?: readonly (keyof Shape & string)[];
  readonly callsBack?: boolean;
  readonly tcpVariable?: keyof Shape & string;
  readonly toSettings: (values: z.output<z.ZodMiniObject<Shape>>) => Settings;
  readonly smsSender?: (settings: Settings) => string | undefined;
  readonly warnings?: (settings: Settings) => readonly string[];
  /** What the provider needs beside its settings it imports here: every process loads the declaration. */
  readonly connect: (
    settings: Settings,
    context: ProviderContext,
    channel: Channel,
  ) => ConnectedProvider | undefined | Promise<ConnectedProvider | undefined>;
}

/**
 * Converts a provider's declaration to its entry in the table of providers. The type of the provider's settings is
 * known only inside the declaration. Optional fields default to empty lists and `false`.
 */
export function defineProvider<
  Shape extends Readonly<Record<string, z.ZodMiniType>>,
  Settings extends object,
>(declaration: Declaration<Shape, Settings>): ProviderDefinition {
  const { name, channels, variables, required = [], together = [], receiptVariables = [] } =
    declaration;
  const schema = z.object(variables);
  return {
    name,
    channels,
    variables,
    required,
    together,
    receiptVariables,
    configure(values) {
      const settings = declaration.toSettings(schema.parse(values));
      return {
        name,
        settings,
        callsBack: declaration.callsBack ?? false,
        tcpVariable: declaration.tcpVariable,
        smsSender: declaration.smsSender?.(settings),
        warnings: declaration.warnings?.(settings) ?? [],
        connect: async (channel, context) => await declaration.connect(settings, context, channel),
      };
    },
  };
}

/** The schema of an environment variable with an http(s) URL. It outputs the URL without trailing slashes. */
export const httpAddress = z.pipe(
  z.url({ protocol: /^https?$/, error: "must be an http(s) address" }),
  z.transform((url: string) => url.replace(/\/+$/, "")),
);

/** Returns the schema of an environment variable whose value must be one of `words`. */
export function oneOfWords<const Word extends string>(words: readonly Word[]) {
  const expected = words.map((word) => `"${word}"`).join("|");
  return z.enum(words, `Invalid option: expected one of ${expected}`);
}
