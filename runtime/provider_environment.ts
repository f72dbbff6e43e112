/** Checks of the providers' environment variables, built from the table of providers. */
import * as z from "zod/mini";
import {
  type ConfiguredProvider,
  oneOfWords,
  type ProviderDefinition,
} from "../adapters/providers/shared/provider_definition.ts";
import type { Channel } from "../domain/service/service.ts";
import type { ConfiguredChannels } from "./providers.ts";

type Variables = Readonly<Record<string, unknown>>;

/** How the environment chooses the providers of a channel. */
interface ChannelRule {
  readonly channel: Channel;
  /** The variable that names the preferred provider, the sandbox or `none`; a channel with one must have a choice. */
  readonly choice: string | undefined;
}

const CHANNEL_RULES: readonly ChannelRule[] = [
  { channel: "email", choice: "EMAIL_PROVIDER" },
  { channel: "sms", choice: "SMS_PROVIDER" },
  { channel: "inbox", choice: undefined },
  { channel: "diia", choice: undefined },
];

const SANDBOX_NAME = "sandbox";
/** Closes a channel: what is sent on it is refused. */
const CLOSED = "none";

/** The providers that the environment configures, and a line for each variable that is missing. */
export interface ProviderEnvironment {
  readonly problems: readonly string[];
  /**
   * The channels that the environment closes with `none`, as in `SMS_PROVIDER=none`: requests to send on them are
   * refused.
   */
  readonly closedChannels: readonly Channel[];
  /** Variables that are missing, without which a configured provider's receipts are refused. */
  readonly missingReceiptVariables: readonly string[];
  /** Configures the providers; to be called only when no variable is missing or wrong. */
  configure(): ConfiguredChannels;
}

/**
 * Returns the schema of each variable of the providers, and of those that choose one (`EMAIL_PROVIDER`,
 * `SMS_PROVIDER`). None is required here; {@link readProviderEnvironment} reports what is missing.
 */
export function providerVariables(
  table: readonly ProviderDefinition[],
): Readonly<Record<string, z.ZodMiniType>> {
  const variables: Record<string, z.ZodMiniType> = {};
  for (const { channel, choice } of CHANNEL_RULES) {
    if (choice === undefined) continue;
    const names = realProviders(table, channel).map(({ name }) => name);
    variables[choice] = z.optional(oneOfWords([...names, SANDBOX_NAME, CLOSED]));
  }
  for (const definition of table) {
    for (const [name, schema] of Object.entries(definition.variables)) {
      variables[name] = definition.required.includes(name) ? z.optional(schema) : schema;
    }
  }
  return variables;
}

/**
 * Chooses the providers of each channel: the one that is named first, then the others that have variables set. Reports
 * missing variables in `problems`, and does not throw.
 *
 * @param variables those that are set
 * @param mode in development, a channel without a configured provider gets the sandbox; in production the sandbox must
 *   be chosen by name
 */
export function readProviderEnvironment(
  table: readonly ProviderDefinition[],
  variables: Variables,
  mode: "development" | "production",
): ProviderEnvironment {
  const chosen = CHANNEL_RULES.map((rule) => ({
    rule,
    definitions: chooseProviders(table, rule, variables, mode),
  }));
  const configured = (channel: Channel): readonly ConfiguredProvider[] =>
    chosen.filter(({ rule }) => rule.channel === channel)
      .flatMap(({ definitions }) =>
        definitions.map((definition) => definition.configure(variables))
      );
  return {
    problems: chosen.flatMap(({ rule, definitions }) =>
      definitions.flatMap((definition) => findProblems(definition, rule, variables))
    ),
    closedChannels: CHANNEL_RULES.filter(({ choice }) =>
      choice !== undefined && variables[choice] === CLOSED
    ).map(({ channel }) => channel),
    missingReceiptVariables: chosen.flatMap(({ definitions }) =>
      definitions.flatMap(({ receiptVariables }) =>
        receiptVariables.every((name) => variables[name] === undefined) ? receiptVariables : []
      )
    ),
    configure: () => ({
      sms: configured("sms"),
      email: configured("email"),
      inbox: configured("inbox"),
      diia: configured("diia"),
    }),
  };
}

function realProviders(
  table: readonly ProviderDefinition[],
  channel: Channel,
): readonly ProviderDefinition[] {
  return table.filter(({ name, channels }) => name !== SANDBOX_NAME && channels.includes(channel));
}

function chooseProviders(
  table: readonly ProviderDefinition[],
  { channel, choice }: ChannelRule,
  variables: Variables,
  mode: "development" | "production",
): readonly ProviderDefinition[] {
  const candidates = realProviders(table, channel);
  const isBegun = ({ required }: ProviderDefinition) =>
    required.length === 0 || required.some((name) => variables[name] !== undefined);
  const begun = candidates.filter(isBegun);
  if (choice === undefined) return begun;
  const sandbox = table.filter(({ name }) => name === SANDBOX_NAME);
  const preferred = variables[choice];
  if (preferred === SANDBOX_NAME) return sandbox;
  if (preferred === CLOSED) return [];
  const named = candidates.filter(({ name }) => name === preferred);
  if (named.length > 0) return [...named, ...begun.filter(({ name }) => name !== preferred)];
  if (begun.length > 0) return begun;
  return preferred === undefined && mode === "development" ? sandbox : candidates.slice(0, 1);
}

function findProblems(
  { required, together }: ProviderDefinition,
  { choice }: ChannelRule,
  variables: Variables,
): readonly string[] {
  const isMissing = (name: string) => variables[name] === undefined;
  const missing = choice === undefined
    ? []
    : required.filter(isMissing).map((name) =>
      `${name} is missing: set it, or ${choice}=sandbox to send nothing and only pretend to`
    );
  const incomplete = together.filter((group) => group.some(isMissing) && !group.every(isMissing))
    .map((group) => `${group.join(" and ")} must be set together`);
  return [...missing, ...incomplete];
}
