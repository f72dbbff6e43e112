import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import type { ProviderDefinition } from "../adapters/providers/shared/provider_definition.ts";
import type { PublicKey } from "../domain/access/access_token_keys.ts";
import type { PersonClaims } from "../domain/access/access_tokens.ts";
import type { AddressRange } from "../domain/access/client_address.ts";
import type { CallbackAllowance } from "../domain/callbacks/callback_url.ts";
import type { ServiceId } from "../domain/ids.ts";
import type { InboxMessageFormat } from "../domain/inbox/inbox_message.ts";
import type { SmsPrices } from "../domain/pricing/sms_prices.ts";
import type { Channel } from "../domain/service/service.ts";
import type { SenderDefaults } from "../domain/service/sender.ts";
import { type AccountConfig, readAccountConfig } from "./account_variables.ts";
import { type Environment, environment, splitList } from "./environment.ts";
import {
  INSECURE_EXCEPTIONS,
  type InsecureException,
  isInsecureException,
} from "./insecure_exceptions.ts";
import { findRealmProblems } from "./realm_variables.ts";
import {
  findProductionProblems,
  type ProductionSettings,
  TOKEN_VARIABLES,
} from "./production_checks.ts";
import { providerVariables, readProviderEnvironment } from "./provider_environment.ts";
import { type ConfiguredChannels, PROVIDERS } from "./providers.ts";

/** The configuration, read from the environment variables by {@link readConfig}. */
export interface Config {
  readonly port: number;
  /** The address to listen on: by default loopback in development, every interface in production. */
  readonly host: string;
  /** The most open connections of the process; 700 by default. */
  readonly maxConnections: number;
  /** The reverse proxies whose `X-Forwarded-For` is believed; none by default. */
  readonly trustedProxies: readonly AddressRange[];
  /**
   * Which hosts callbacks may reach although their addresses are not public: those of `CALLBACK_ALLOW`, and in
   * development this machine.
   */
  readonly callbackAllowance: CallbackAllowance;
  /**
   * How long a message or job may be due and not processed, in seconds: beyond that `GET /readyz` reports
   * `unavailable`. 600 by default.
   */
  readonly readyMaxOldestDueS: number;
  readonly database: { readonly url: string; readonly authToken: string | undefined };
  /** The public URL of this deployment, without a trailing slash; `http://localhost:{port}` by default. */
  readonly publicUrl: string;
  /** Whether `PUBLIC_URL` was set. Links in answers then begin with it, whatever address a request used. */
  readonly publicUrlIsSet: boolean;
  /**
   * The master keys, 32 bytes each: the current one, then during a rotation the one before it. They encrypt the
   * services' data keys.
   */
  readonly masterKeys: readonly Uint8Array<ArrayBuffer>[];
  readonly adminToken: string;
  /** A token that opens `GET /metrics` only; `undefined` when only the admin token does. */
  readonly metricsToken: string | undefined;
  /** The token of `POST /internal/dispatch`; with `undefined` that address does not exist. */
  readonly dispatchToken: string | undefined;
  /**
   * The domain of the sender addresses of e-mails. By default the host of `publicUrl`, or `hark.example` when that is
   * no domain.
   */
  readonly emailDomain: string;
  /** What text messages cost; `undefined` when the operator has not said so. */
  readonly smsPrices: SmsPrices | undefined;
  /** The folder for files that are sent by e-mail; `undefined` turns the feature off. */
  readonly filesDir: string | undefined;
  /** The providers of each channel, the preferred one first; empty for a channel without one. */
  readonly channels: ConfiguredChannels;
  /**
   * The channels that the operator has closed with `none`, as in `SMS_PROVIDER=none`: requests to send on them are
   * refused, although services have them.
   */
  readonly closedChannels: readonly Channel[];
  /**
   * The names in `ALLOW_INSECURE`: insecure settings that production refuses unless the operator allows them. Each is
   * logged at every start.
   */
  readonly allowedInsecure: readonly InsecureException[];
  /** Who may register, and the other settings of accounts. */
  readonly accounts: AccountConfig;
  /**
   * The registry API (`/api/notifications`), for the inboxes of people: which access tokens (`X-Access-Token`) it
   * accepts, and which roles may do what.
   */
  readonly registry: {
    /** The keys that verify access tokens; without them the registry API is off. */
    readonly keys:
      | undefined
      | { readonly jwks: readonly PublicKey[] }
      | { readonly urls: readonly string[] };
    /**
     * Accepted issuers; empty accepts any. With as many issuers as `urls`, the keys of each URL are valid only for the
     * issuer at the same position.
     */
    readonly issuers: readonly string[];
    /** Accepted audiences; empty accepts any. */
    readonly audiences: readonly string[];
    /** How far ahead an access token may expire, in seconds; a token that expires later is refused. */
    readonly maxLifetimeS: number;
    /**
     * Which claims of an access token name its person. When absent, the id is in `RECIPIENT_ID` or `sub`, and citizens
     * and officers (realms) are not told apart.
     */
    readonly person?: PersonClaims;
    /** The role, in an access token, that may write templates. */
    readonly templateRole: string;
    /** The role, in an access token, that may send messages; by default `templateRole`. */
    readonly senderRole: string;
    /** What the field `message` of inbox messages holds: `html` (the default, sanitised) or plain `text`. */
    readonly inboxMessage: InboxMessageFormat;
    /**
     * The service that the API's templates and inbox messages belong to. With `undefined` it is created at the first
     * start.
     */
    readonly serviceId: ServiceId | undefined;
  };
}

/**
 * Thrown when the process cannot start or run as configured. The message is for the operator: one line for each
 * problem, which names the variable.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Where to listen when `HOST` is not set. */
const DEFAULT_HOST = { development: "127.0.0.1", production: "0.0.0.0" } as const;

/** The fewest characters of an admin token, and of one for metrics, in development. */
const MIN_ADMIN_TOKEN = 16;

const SHARED_IDS_WARNING =
  "RECIPIENT_CLAIM with several issuers and no ACCESS_TOKEN_REALMS: people of two issuers with " +
  "one id share an inbox and settings";

const SANDBOX_WARNINGS = [
  {
    channel: "email",
    warning: "EMAIL_PROVIDER=sandbox: no e-mail is sent, and each is reported as delivered",
  },
  {
    channel: "sms",
    warning: "SMS_PROVIDER=sandbox: no text message is sent, and each is reported as delivered; " +
      "no code for signing in reaches a phone: SMS_PROVIDER=none asks for an authenticator app instead",
  },
] as const;

/** Messages of `zod/mini`, which has none by itself. */
const ENGLISH = { error: en().localeError };

/**
 * Reads the environment. An empty variable counts as unset.
 *
 * @param mode in development, a channel without a provider gets the sandbox; in production it must be chosen by name,
 *   and settings that are well-formed but insecure are refused
 * @param table the providers to configure
 * @throws ConfigError with every variable that is missing or wrong
 */
export function readConfig(
  variables: Readonly<Record<string, unknown>>,
  mode: "development" | "production",
  table: readonly ProviderDefinition[] = PROVIDERS,
): Config {
  const set = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== "" && typeof value === "string"),
  );
  const parsed = environment.safeParse(set, ENGLISH);
  const parsedProviders = z.object(providerVariables(table)).safeParse(set, ENGLISH);
  const providers = readProviderEnvironment(table, set, mode);
  const issues = [...(parsed.error?.issues ?? []), ...(parsedProviders.error?.issues ?? [])];
  const malformed = new Set(issues.map((issue) => String(issue.path[0])));
  const settings = {
    isMissing: (name: string) => set[name] === undefined,
    value: (name: string) => malformed.has(name) ? undefined : toText(set[name]),
  };
  const problems = [
    ...issues.map((issue) => `${issue.path.join(".")} ${issue.message}`),
    ...providers.problems,
    ...registryProblems(set, settings.value),
    ...sharedTokenProblems(set),
    ...(mode === "development" ? developmentProblems(settings) : findProductionProblems({
      ...settings,
      missingReceiptVariables: providers.missingReceiptVariables,
      allowed: new Set(splitList(toText(set.ALLOW_INSECURE) ?? "").filter(isInsecureException)),
    })),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.join("\n"));
  const env = parsed.data;
  const publicUrl = env.PUBLIC_URL ?? `http://localhost:${env.PORT}`;
  const { MASTER_KEY_PREVIOUS: previous } = env;
  return {
    port: env.PORT,
    host: env.HOST ?? DEFAULT_HOST[mode],
    maxConnections: env.MAX_CONNECTIONS,
    trustedProxies: env.TRUSTED_PROXIES ?? [],
    callbackAllowance: {
      hosts: env.CALLBACK_ALLOW ?? new Set(),
      loopback: mode === "development",
    },
    readyMaxOldestDueS: env.READY_MAX_OLDEST_DUE_S,
    database: { url: env.DATABASE_URL, authToken: env.DATABASE_AUTH_TOKEN },
    publicUrl,
    publicUrlIsSet: env.PUBLIC_URL !== undefined,
    masterKeys: previous === undefined ? [env.MASTER_KEY] : [env.MASTER_KEY, previous],
    adminToken: env.ADMIN_TOKEN,
    metricsToken: env.METRICS_TOKEN,
    dispatchToken: env.DISPATCH_TOKEN,
    emailDomain: env.EMAIL_DOMAIN ?? domainOf(publicUrl),
    smsPrices: env.SMS_PRICES,
    filesDir: env.FILES_DIR,
    channels: providers.configure(),
    closedChannels: providers.closedChannels,
    allowedInsecure: env.ALLOW_INSECURE ?? [],
    registry: readRegistry(env),
    accounts: readAccountConfig(env, mode),
  };
}

/**
 * Returns the warnings to log at every start: insecure settings that `ALLOW_INSECURE` allows, sandboxes that deliver
 * nothing, variables of providers without which something does not work, and people of several issuers who may have
 * equal ids.
 */
export function warningsOf({ allowedInsecure, channels, registry }: Config): readonly string[] {
  const { issuers, person } = registry;
  return [
    // A claim such as `sub` is another one at each issuer; a username is not.
    ...(issuers.length > 1 && person?.claim !== undefined && person.realms === undefined
      ? [SHARED_IDS_WARNING]
      : []),
    ...allowedInsecure.map((name) => `ALLOW_INSECURE=${name}: ${INSECURE_EXCEPTIONS[name]}`),
    ...SANDBOX_WARNINGS.flatMap(({ channel, warning }) =>
      channels[channel].some(({ name }) => name === "sandbox") ? [warning] : []
    ),
    ...Object.values(channels).flat().flatMap(({ warnings }) => warnings),
  ];
}

/**
 * The senders of messages of services that have set none: `HARK` or the preferred provider's sender for text messages,
 * and {@link Config.emailDomain} for e-mails.
 */
export function senderDefaults({ channels, emailDomain }: Config): SenderDefaults {
  return { smsSender: channels.sms[0]?.smsSender ?? "HARK", emailDomain };
}

function developmentProblems({ value }: Pick<ProductionSettings, "value">): readonly string[] {
  return TOKEN_VARIABLES.flatMap((name) => {
    const token = value(name);
    return token === undefined || token.length >= MIN_ADMIN_TOKEN
      ? []
      : [`${name} must have at least ${MIN_ADMIN_TOKEN} characters`];
  });
}

/** A token that opens more than another must not be used for both. */
function sharedTokenProblems(set: Readonly<Record<string, unknown>>): readonly string[] {
  const { ADMIN_TOKEN, METRICS_TOKEN, DISPATCH_TOKEN } = set;
  return [
    ...(METRICS_TOKEN !== undefined && METRICS_TOKEN === ADMIN_TOKEN
      ? ["METRICS_TOKEN must not be the ADMIN_TOKEN, which opens more than metrics"]
      : []),
    ...(DISPATCH_TOKEN !== undefined && [ADMIN_TOKEN, METRICS_TOKEN].includes(DISPATCH_TOKEN)
      ? [
        "DISPATCH_TOKEN must be another token than ADMIN_TOKEN and METRICS_TOKEN: it is given to a service outside",
      ]
      : []),
  ];
}

function toText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function registryProblems(
  variables: Readonly<Record<string, unknown>>,
  value: (name: string) => string | undefined,
): readonly string[] {
  const { ACCESS_TOKEN_JWKS: jwks, ACCESS_TOKEN_JWKS_URL: urls } = variables;
  return [
    ...(jwks === undefined || urls === undefined
      ? []
      : ["ACCESS_TOKEN_JWKS and ACCESS_TOKEN_JWKS_URL must not be set together"]),
    ...findRealmProblems(
      value("ACCESS_TOKEN_REALMS"),
      value("ACCESS_TOKEN_ISSUER"),
      value("ACCESS_TOKEN_JWKS_URL"),
    ),
  ];
}

function readRegistry(env: Environment): Config["registry"] {
  const { ACCESS_TOKEN_JWKS: jwks, ACCESS_TOKEN_JWKS_URL: urls } = env;
  const { RECIPIENT_CLAIM: claim, ACCESS_TOKEN_REALMS: realms } = env;
  return {
    keys: jwks !== undefined ? { jwks } : urls && { urls },
    issuers: env.ACCESS_TOKEN_ISSUER ?? [],
    audiences: env.ACCESS_TOKEN_AUDIENCE ?? [],
    maxLifetimeS: env.ACCESS_TOKEN_MAX_LIFETIME_S,
    ...(claim === undefined && realms === undefined ? {} : { person: { claim, realms } }),
    templateRole: env.TEMPLATE_ROLE,
    senderRole: env.SENDER_ROLE ?? env.TEMPLATE_ROLE,
    inboxMessage: env.INBOX_MESSAGE,
    serviceId: env.REGISTRY_SERVICE_ID,
  };
}

/** The default domain of senders: the host of the public address if that is a domain. */
function domainOf(publicUrl: string): string {
  const { hostname } = new URL(publicUrl);
  return hostname.includes(".") && !/^[0-9.]+$/.test(hostname) ? hostname : "hark.example";
}
