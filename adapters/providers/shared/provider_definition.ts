/** A provider's entry in the table of providers: its name, channels, variables, factory and receipts. */
import * as z from "zod/mini";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { DiiaTemplates } from "../../../domain/ports/diia_templates.ts";
import type { InboxEvents } from "../../../domain/ports/inbox_events.ts";
import type { InboxStore } from "../../../domain/ports/inbox_store.ts";
import type { Mailbox } from "../../../domain/ports/mailbox.ts";
import type { Provider } from "../../../domain/ports/provider.ts";
import type { ReceiptReader } from "../../../domain/ports/receipt_reader.ts";
import type { Channel } from "../../../domain/service/service.ts";

/** The dependencies that a factory may use. */
export interface ProviderContext {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Pick<Clock, "now" | "newId">;
  /** The address of this deployment, without a trailing slash: providers report below it. */
  readonly publicUrl: string;
  /** Where sandboxes put messages, in development. */
  readonly mailbox: Mailbox | undefined;
  /** The inboxes of the registry API; `undefined` when that API is off. */
  readonly inbox:
    | { readonly store: Pick<InboxStore, "put" | "putAll">; readonly events: InboxEvents }
    | undefined;
}

/** A provider that is ready to send. */
export interface ConnectedProvider {
  readonly provider: Provider;
  /** Reads the calls to `/receipts/{name}`; absent when the provider makes none. */
  readonly receiptReader?: ReceiptReader;
  /** Publishes templates of the registry API; Diia has this. */
  readonly diiaTemplates?: DiiaTemplates;
}

/** A provider with the settings that the environment has for it. */
export interface ConfiguredProvider {
  readonly name: string;
  /** The settings, for display and tests; they hold secrets. */
  readonly settings: object;
  /** Whether the provider reports by calling our public address. */
  readonly callsBack: boolean;
  /** The sender of texts whose service has none of its own; `undefined` when the provider chooses it. */
  readonly smsSender: string | undefined;
  /** Start-up warnings: settings that are optional, and whose absence an operator will notice. */
  readonly warnings: readonly string[];
  /**
   * Creates the provider.
   *
   * @returns `undefined` when the context lacks a part that the provider needs
   */
  connect(channel: Channel, context: ProviderContext): ConnectedProvider | undefined;
}

/** The entry of a provider in the table. */
export interface ProviderDefinition {
  /** In kebab-case. It is stored with notifications and is part of the receipt address, so it never changes. */
  readonly name: string;
  readonly channels: readonly Channel[];
  /** A schema for each environment variable. */
  readonly variables: Readonly<Record<string, z.ZodMiniType>>;
  /** Variables without which the provider cannot send. */
  readonly required: readonly string[];
  /** Groups of variables that are set together or not at all. */
  readonly together: readonly (readonly string[])[];
  /** Optional variables that authenticate the provider's receipts; without them every receipt is refused. */
  readonly receiptVariables: readonly string[];
  /** Binds the settings. @throws when the variables do not match the schemas, or a required one is missing */
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
  readonly toSettings: (values: z.output<z.ZodMiniObject<Shape>>) => Settings;
  readonly smsSender?: (settings: Settings) => string | undefined;
  readonly warnings?: (settings: Settings) => readonly string[];
  readonly connect: (
    settings: Settings,
    context: ProviderContext,
    channel: Channel,
  ) => ConnectedProvider | undefined;
}

/** Makes the entry of a provider, whose settings have a type of their own, fit the table. */
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
        smsSender: declaration.smsSender?.(settings),
        warnings: declaration.warnings?.(settings) ?? [],
        connect: (channel, context) => declaration.connect(settings, context, channel),
      };
    },
  };
}

/** A variable that holds an http(s) address; a trailing slash is dropped. */
export const httpAddress = z.pipe(
  z.url({ protocol: /^https?$/, error: "must be an http(s) address" }),
  z.transform((url: string) => url.replace(/\/+$/, "")),
);

/** A variable that holds one of some words. */
export function oneOfWords<const Word extends string>(words: readonly Word[]) {
  const expected = words.map((word) => `"${word}"`).join("|");
  return z.enum(words, `Invalid option: expected one of ${expected}`);
}
