import en from "zod/v4/locales/en.js";
import type { PublicKey } from "../domain/access/access_token_keys.ts";
import type { ServiceId } from "../domain/ids.ts";
import { type Environment, environment } from "./environment.ts";

/** What Hark is told by its environment. */
export interface Config {
  readonly port: number;
  readonly database: { readonly url: string; readonly authToken: string | undefined };
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** Whether `PUBLIC_URL` was set, so that links should begin with it whatever address was asked. */
  readonly publicUrlIsSet: boolean;
  /** 32 bytes each: the current one, then the one before a rotation. */
  readonly masterKeys: readonly Uint8Array<ArrayBuffer>[];
  readonly adminToken: string;
  /** The domain that e-mails are from. */
  readonly emailDomain: string;
  /** The folder of files that are sent by e-mail; `undefined` where there is none. */
  readonly filesDir: string | undefined;
  readonly email:
    | { readonly provider: "sandbox" }
    | {
      readonly provider: "postmark";
      readonly serverToken: string;
      readonly baseUrl: string;
      readonly webhook: { readonly user: string; readonly password: string } | undefined;
    };
  readonly sms:
    | { readonly provider: "sandbox" }
    | {
      readonly provider: "twilio";
      readonly accountSid: string;
      readonly authToken: string;
      readonly from: string;
      readonly baseUrl: string;
    };
  /** The registries' surface: whose `X-Access-Token` is taken, and what its bearer may do. */
  readonly registry: {
    /** What tokens are verified with; without it none is taken. */
    readonly keys:
      | undefined
      | { readonly jwks: readonly PublicKey[] }
      | { readonly urls: readonly string[] };
    /** Empty: not looked at. As many as `urls`: each is the issuer whose keys are at the address in its place. */
    readonly issuers: readonly string[];
    /** Empty: not looked at. */
    readonly audiences: readonly string[];
    /** Who may write templates. */
    readonly templateRole: string;
    /** Who may send. */
    readonly senderRole: string;
    /** The service that templates and inbox messages belong to; `undefined`: one is to be made. */
    readonly serviceId: ServiceId | undefined;
  };
  readonly diia:
    | { readonly provider: "none" }
    | {
      readonly provider: "diia";
      readonly baseUrl: string;
      /** The secret that Diia gave its partner. */
      readonly partnerToken: string;
      /** Whose addresses for asking after a distribution it has. */
      readonly paths: "registries" | "gateway";
    };
}

/** The environment is not as it should be; the message names each variable and what was expected. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads the environment. An empty variable counts as unset.
 *
 * @param mode in development, channels without a provider go to the sandbox; elsewhere it must be asked for by name
 * @throws ConfigError with every variable that is missing or wrong
 */
export function readConfig(
  variables: Readonly<Record<string, unknown>>,
  mode: "development" | "production",
): Config {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== "" && typeof value === "string"),
  );
  const parsed = environment.safeParse(given, { error: en().localeError });
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join(".")} ${issue.message}`),
    ...providerProblems(given, mode),
    ...registryProblems(given),
    ...diiaProblems(given),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.join("\n"));
  const env = parsed.data;
  const publicUrl = env.PUBLIC_URL ?? `http://localhost:${env.PORT}`;
  const { MASTER_KEY_PREVIOUS: previous } = env;
  return {
    port: env.PORT,
    database: { url: env.DATABASE_URL, authToken: env.DATABASE_AUTH_TOKEN },
    publicUrl,
    publicUrlIsSet: env.PUBLIC_URL !== undefined,
    masterKeys: previous === undefined ? [env.MASTER_KEY] : [env.MASTER_KEY, previous],
    adminToken: env.ADMIN_TOKEN,
    emailDomain: env.EMAIL_DOMAIN ?? domainOf(publicUrl),
    filesDir: env.FILES_DIR,
    email: readEmail(env, given, mode),
    sms: readSms(env, given, mode),
    registry: readRegistry(env),
    diia: readDiia(env),
  };
}

/** What a deployment can do without and will miss: without these no provider's receipt can ever arrive. */
export function warningsOf(config: Config): readonly string[] {
  const isReal = config.email.provider === "postmark" || config.sms.provider === "twilio";
  const warnings: string[] = [];
  if (isReal && !config.publicUrlIsSet) {
    warnings.push(`PUBLIC_URL is not set: providers are told to report to ${config.publicUrl}`);
  }
  if (config.email.provider === "postmark" && config.email.webhook === undefined) {
    warnings.push("POSTMARK_WEBHOOK_USER is not set: every report of Postmark's is refused");
  }
  return warnings;
}

/** Each channel's real provider: what chooses it, and what it cannot do without. */
const PROVIDERS = {
  email: {
    choice: "EMAIL_PROVIDER",
    needs: ["POSTMARK_SERVER_TOKEN"],
    together: ["POSTMARK_WEBHOOK_USER", "POSTMARK_WEBHOOK_PASSWORD"],
  },
  sms: {
    choice: "SMS_PROVIDER",
    needs: ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"],
    together: [],
  },
} as const;

type Given = Readonly<Record<string, unknown>>;

function usesSandbox(channel: keyof typeof PROVIDERS, given: Given, mode: string): boolean {
  const { choice, needs } = PROVIDERS[channel];
  const chosen = given[choice];
  if (chosen !== undefined) return chosen === "sandbox";
  return mode === "development" && needs.every((name) => given[name] === undefined);
}

function providerProblems(given: Given, mode: string): readonly string[] {
  return (["email", "sms"] as const).flatMap((channel) => {
    if (usesSandbox(channel, given, mode)) return [];
    const { choice, needs, together } = PROVIDERS[channel];
    const missing = needs.filter((name) => given[name] === undefined).map((name) =>
      `${name} is missing: set it, or ${choice}=sandbox to send nothing and only pretend to`
    );
    const set = together.filter((name) => given[name] !== undefined);
    const isHalf = set.length > 0 && set.length < together.length;
    return isHalf ? [...missing, `${together.join(" and ")} must be set together`] : missing;
  });
}

function readEmail(env: Environment, given: Given, mode: string): Config["email"] {
  if (usesSandbox("email", given, mode)) return { provider: "sandbox" };
  const { POSTMARK_WEBHOOK_USER: user, POSTMARK_WEBHOOK_PASSWORD: password } = env;
  return {
    provider: "postmark",
    serverToken: env.POSTMARK_SERVER_TOKEN ?? "",
    baseUrl: env.POSTMARK_BASE_URL,
    webhook: user === undefined || password === undefined ? undefined : { user, password },
  };
}

function readSms(env: Environment, given: Given, mode: string): Config["sms"] {
  if (usesSandbox("sms", given, mode)) return { provider: "sandbox" };
  return {
    provider: "twilio",
    accountSid: env.TWILIO_ACCOUNT_SID ?? "",
    authToken: env.TWILIO_AUTH_TOKEN ?? "",
    from: env.TWILIO_FROM ?? "",
    baseUrl: env.TWILIO_BASE_URL,
  };
}

function registryProblems(given: Given): readonly string[] {
  const { ACCESS_TOKEN_JWKS: jwks, ACCESS_TOKEN_JWKS_URL: urls } = given;
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
    templateRole: env.TEMPLATE_ROLE,
    senderRole: env.SENDER_ROLE ?? env.TEMPLATE_ROLE,
    serviceId: env.REGISTRY_SERVICE_ID,
  };
}

/** Diia takes none but its partners, so that a deployment without it is whole. */
function readDiia(env: Environment): Config["diia"] {
  const { DIIA_BASE_URL: baseUrl, DIIA_PARTNER_TOKEN: partnerToken, DIIA_PATHS: paths } = env;
  if (baseUrl === undefined || partnerToken === undefined) return { provider: "none" };
  return { provider: "diia", baseUrl, partnerToken, paths };
}

function diiaProblems(given: Given): readonly string[] {
  const set = DIIA_TOGETHER.filter((name) => given[name] !== undefined);
  return set.length === 1 ? [`${DIIA_TOGETHER.join(" and ")} must be set together`] : [];
}

const DIIA_TOGETHER = ["DIIA_BASE_URL", "DIIA_PARTNER_TOKEN"] as const;

/** A domain to be from: the host of the public address where it is one. */
function domainOf(publicUrl: string): string {
  const { hostname } = new URL(publicUrl);
  return hostname.includes(".") && !/^[0-9.]+$/.test(hostname) ? hostname : "hark.example";
}
