import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import type { ProviderDefinition } from "../adapters/providers/shared/provider_definition.ts";
import type { PublicKey } from "../domain/access/access_token_keys.ts";
import type { AddressRange } from "../domain/access/client_address.ts";
import type { ServiceId } from "../domain/ids.ts";
import type { SenderDefaults } from "../domain/service/sender.ts";
import { type Environment, environment } from "./environment.ts";
import { providerVariables, readProviderEnvironment } from "./provider_environment.ts";
import { type ConfiguredChannels, PROVIDERS } from "./providers.ts";

/** The configuration, as the environment has it. */
export interface Config {
  readonly port: number;
  /** The address to listen on: by default loopback in development, every interface in production. */
  readonly host: string;
  /** The most open connections. */
  readonly maxConnections: number;
  /** The reverse proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly AddressRange[];
  readonly database: { readonly url: string; readonly authToken: string | undefined };
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** Whether `PUBLIC_URL` was set, so that links begin with it whatever address a request used. */
  readonly publicUrlIsSet: boolean;
  /** 32 bytes each: the current one, then the one before a rotation. */
  readonly masterKeys: readonly Uint8Array<ArrayBuffer>[];
  readonly adminToken: string;
  /** The domain that e-mails are from. */
  readonly emailDomain: string;
  /** The folder for files that are sent by e-mail; `undefined` turns the feature off. */
  readonly filesDir: string | undefined;
  /** The providers of each channel, the preferred one first. */
  readonly channels: ConfiguredChannels;
  /** The registry API: which access tokens (`X-Access-Token`) it accepts, and which roles may do what. */
  readonly registry: {
    /** The keys that verify access tokens; without them the registry API is off. */
    readonly keys:
      | undefined
      | { readonly jwks: readonly PublicKey[] }
      | { readonly urls: readonly string[] };
    /** Accepted issuers; empty accepts any. As many as `urls`: each is the issuer of the keys at the same position. */
    readonly issuers: readonly string[];
    /** Accepted audiences; empty accepts any. */
    readonly audiences: readonly string[];
    /** How far ahead an access token may expire, in seconds. */
    readonly maxLifetimeS: number;
    /** The role that may write templates. */
    readonly templateRole: string;
    /** The role that may send. */
    readonly senderRole: string;
    /** The service that templates and inbox messages belong to; `undefined` creates one. */
    readonly serviceId: ServiceId | undefined;
  };
}

/** The environment is invalid; the message names each variable and the expected value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Where to listen when `HOST` is not set. */
const DEFAULT_HOST = { development: "127.0.0.1", production: "0.0.0.0" } as const;

/** Messages of `zod/mini`, which has none by itself. */
const ENGLISH = { error: en().localeError };

/**
 * Reads the environment. An empty variable counts as unset.
 *
 * @param mode in development, a channel without a provider gets the sandbox; in production it must be chosen by name
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
  const problems = [
    ...issues.map((issue) => `${issue.path.join(".")} ${issue.message}`),
    ...providers.problems,
    ...registryProblems(set),
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
    database: { url: env.DATABASE_URL, authToken: env.DATABASE_AUTH_TOKEN },
    publicUrl,
    publicUrlIsSet: env.PUBLIC_URL !== undefined,
    masterKeys: previous === undefined ? [env.MASTER_KEY] : [env.MASTER_KEY, previous],
    adminToken: env.ADMIN_TOKEN,
    emailDomain: env.EMAIL_DOMAIN ?? domainOf(publicUrl),
    filesDir: env.FILES_DIR,
    channels: providers.configure(),
    registry: readRegistry(env),
  };
}

/** Start-up warnings for settings without which delivery receipts cannot arrive. */
export function warningsOf({ channels, publicUrl, publicUrlIsSet }: Config): readonly string[] {
  const providers = Object.values(channels).flat();
  const needsPublicUrl = !publicUrlIsSet && providers.some(({ callsBack }) => callsBack);
  return [
    ...(needsPublicUrl
      ? [`PUBLIC_URL is not set: providers are told to report to ${publicUrl}`]
      : []),
    ...providers.flatMap(({ warnings }) => warnings),
  ];
}

/** The senders of messages whose service has none of its own. */
export function senderDefaults({ channels, emailDomain }: Config): SenderDefaults {
  return { smsSender: channels.sms[0]?.smsSender ?? "HARK", emailDomain };
}

function registryProblems(variables: Readonly<Record<string, unknown>>): readonly string[] {
  const { ACCESS_TOKEN_JWKS: jwks, ACCESS_TOKEN_JWKS_URL: urls } = variables;
  return jwks === undefined || urls === undefined
    ? []
    : ["ACCESS_TOKEN_JWKS and ACCESS_TOKEN_JWKS_URL must not be set together"];
}

function readRegistry(env: Environment): Config["registry"] {
  const { ACCESS_TOKEN_JWKS: jwks, ACCESS_TOKEN_JWKS_URL: urls } = env;
  return {
    keys: jwks !== undefined ? { jwks } : urls && { urls },
    issuers: env.ACCESS_TOKEN_ISSUER ?? [],
    audiences: env.ACCESS_TOKEN_AUDIENCE ?? [],
    maxLifetimeS: env.ACCESS_TOKEN_MAX_LIFETIME_S,
    templateRole: env.TEMPLATE_ROLE,
    senderRole: env.SENDER_ROLE ?? env.TEMPLATE_ROLE,
    serviceId: env.REGISTRY_SERVICE_ID,
  };
}

/** The default domain of senders: the host of the public address if that is a domain. */
function domainOf(publicUrl: string): string {
  const { hostname } = new URL(publicUrl);
  return hostname.includes(".") && !/^[0-9.]+$/.test(hostname) ? hostname : "hark.example";
}
