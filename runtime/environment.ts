/** The environment variables, each checked by itself; `config.ts` builds the configuration from them. */
import * as z from "zod/mini";
import { DEFAULT_WORKERS_PLAN, WORKERS_PLANS } from "../adapters/invocation/plans.ts";
import { httpAddress } from "../adapters/providers/shared/provider_definition.ts";
import { MIN_RSA_BITS, readPublicKeys } from "../domain/access/access_token_keys.ts";
import { DEFAULT_MAX_TOKEN_LIFETIME_S } from "../domain/access/access_tokens.ts";
import {
  MAX_TRUSTED_PROXIES,
  parseAddress,
  parseTrustedProxies,
} from "../domain/access/client_address.ts";
import { MAX_ALLOWED_HOSTS, parseAllowedHosts } from "../domain/callbacks/callback_url.ts";
import { parseServiceId } from "../domain/ids.ts";
import { INBOX_MESSAGE_FORMATS } from "../domain/inbox/inbox_message.ts";
import { parseJson } from "../domain/json/parse_json.ts";
import { parseSmsPrices } from "../domain/pricing/sms_prices.ts";
import { accountVariables } from "./account_variables.ts";
import { INSECURE_EXCEPTION_NAMES, isInsecureException } from "./insecure_exceptions.ts";
import { DEFAULT_MAX_CONNECTIONS } from "./listener/connection_limits.ts";
import { providerVariables } from "./provider_environment.ts";
import { recipientClaim, tokenRealms } from "./realm_variables.ts";
import { PROVIDERS } from "./providers.ts";

const MASTER_KEY_BYTES = 32;
const DEFAULT_PORT = "8787";

const DATABASE_ADDRESSES = "file:…, http(s)://…, libsql://… or durable-object:";
/** The largest `MAX_CONNECTIONS`. */
const LARGEST_MAX_CONNECTIONS = 100_000;
/** The largest `ACCESS_TOKEN_MAX_LIFETIME_S`: a year. */
const LARGEST_TOKEN_LIFETIME_S = 365 * 24 * 60 * 60;
/** The default of `READY_MAX_OLDEST_DUE_S`: ten minutes. */
const DEFAULT_READY_MAX_OLDEST_DUE_S = 600;
/** The largest `READY_MAX_OLDEST_DUE_S`: a day. */
const LARGEST_READY_MAX_OLDEST_DUE_S = 24 * 60 * 60;
const DEFAULT_TEMPLATE_ROLE = "template-admin";

const masterKey = z.pipe(
  z.string(),
  z.transform((text: string, context) => {
    const bytes = decodeBase64(text);
    if (bytes?.length === MASTER_KEY_BYTES) return bytes;
    context.issues.push({
      code: "custom",
      message:
        `must be base64 of ${MASTER_KEY_BYTES} bytes, such as "openssl rand -base64 32" prints`,
      input: "",
    });
    return z.NEVER;
  }),
);

/** A JSON Web Key Set of public keys only: private and symmetric keys are refused. */
const publicKeys = z.pipe(
  z.string(),
  z.transform((text: string, context) => {
    const parsed = readPublicKeys(parseJson(text));
    const problem = !parsed.ok
      ? "must be a JSON Web Key Set"
      : parsed.value.hasSecrets
      ? "must hold public keys only: take private and symmetric keys out, and change them"
      : parsed.value.keys.length === 0
      ? `must hold a public key for RS256 or PS256 (${MIN_RSA_BITS} bits or more) or ES256`
      : undefined;
    if (parsed.ok && problem === undefined) return parsed.value.keys;
    context.issues.push({ code: "custom", message: problem ?? "", input: "" });
    return z.NEVER;
  }),
);

/** Comma-separated texts. An empty list is refused: it would turn off a check that the operator meant to set. */
const list = (item: string) =>
  z.pipe(
    z.string(),
    z.transform(splitList),
  ).check(
    z.refine((items) => items.length > 0, `must be ${item}, or several with commas between them`),
  );

const smsPrices = z.pipe(
  z.string(),
  z.transform((text: string, context) => {
    const prices = parseSmsPrices(text);
    if (prices.ok) return prices.value;
    context.issues.push({ code: "custom", message: prices.refusal, input: "" });
    return z.NEVER;
  }),
);

/** Names of exceptions to what production refuses. */
const exceptions = z.pipe(
  list(`one of ${INSECURE_EXCEPTION_NAMES.join(", ")}`),
  z.transform((names: string[], context) => {
    const known = names.filter(isInsecureException);
    if (known.length === names.length) return known;
    context.issues.push({
      code: "custom",
      message: `has an unknown name: the names are ${INSECURE_EXCEPTION_NAMES.join(", ")}`,
      input: "",
    });
    return z.NEVER;
  }),
);

const keyAddresses = z.pipe(
  z.string(),
  z.transform((text: string) => text.split(/[\s,]+/).filter(Boolean)),
).check(z.refine(
  (urls) => urls.length > 0 && urls.every(isKeyAddress),
  "must be an http(s) address without a password, or several with spaces between them",
));

/** Addresses and ranges of proxies; a comma-separated list. */
const trustedProxies = z.pipe(
  z.string(),
  z.transform((text: string, context) => {
    const parsed = parseTrustedProxies(text);
    if (parsed.ok && parsed.value.length > 0) return parsed.value;
    context.issues.push({
      code: "custom",
      message: "must be IP addresses and ranges such as 10.0.0.0/8, with commas between them, " +
        `${MAX_TRUSTED_PROXIES} at most`,
      input: "",
    });
    return z.NEVER;
  }),
);

/** Hosts with their ports that callbacks may reach; a comma-separated list. */
const allowedHosts = z.pipe(
  z.string(),
  z.transform((text: string, context) => {
    const parsed = parseAllowedHosts(text);
    if (parsed.ok && parsed.value.size > 0) return parsed.value;
    context.issues.push({
      code: "custom",
      message: "must be hosts with their ports such as 127.0.0.1:9000, with commas between them, " +
        `${MAX_ALLOWED_HOSTS} at most`,
      input: "",
    });
    return z.NEVER;
  }),
);

/** A host name (RFC 1123), for `HOST`; an address is checked first. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;

const listenHost = z.string().check(z.refine(
  (text) => parseAddress(text) !== undefined || HOST_NAME.test(text) && !/^[0-9.]+$/.test(text),
  "must be an address to listen on, such as 127.0.0.1, 0.0.0.0 or ::",
));

/** A whole number in decimal digits. */
const wholeNumber = (min: number, max: number, fallback: number) => {
  const expected = `must be a whole number from ${min} to ${max}`;
  return z.pipe(
    z._default(z.string().check(z.regex(/^[0-9]{1,15}$/, expected)), String(fallback)),
    z.transform(Number),
  ).check(z.refine((value) => min <= value && value <= max, expected));
};

const role = z.string().check(z.trim(), z.minLength(1, "must be a role"));

const required = (expected: string) => ({
  error: (issue: { readonly input?: unknown }) =>
    issue.input === undefined ? `is missing: ${expected}` : `must be ${expected}`,
});

/** The variables that are not a provider's: the accepted values of each, and its default. */
export const environment = z.object({
  PORT: z.pipe(
    z._default(
      z.string().check(z.regex(/^[0-9]{1,5}$/, "must be a port number, 0 to 65535")),
      DEFAULT_PORT,
    ),
    z.transform(Number),
  ).check(z.refine((port) => port <= 65535, "must be a port number, 0 to 65535")),
  HOST: z.optional(listenHost),
  MAX_CONNECTIONS: wholeNumber(1, LARGEST_MAX_CONNECTIONS, DEFAULT_MAX_CONNECTIONS),
  TRUSTED_PROXIES: z.optional(trustedProxies),
  CALLBACK_ALLOW: z.optional(allowedHosts),
  READY_MAX_OLDEST_DUE_S: wholeNumber(
    1,
    LARGEST_READY_MAX_OLDEST_DUE_S,
    DEFAULT_READY_MAX_OLDEST_DUE_S,
  ),
  WORKERS_PLAN: z._default(
    z.enum(WORKERS_PLANS, `must be ${WORKERS_PLANS.join(" or ")}`),
    DEFAULT_WORKERS_PLAN,
  ),
  ALLOW_INSECURE: z.optional(exceptions),
  DATABASE_URL: z.string(required(DATABASE_ADDRESSES))
    .check(
      z.regex(
        /^(?:file:.|https?:\/\/.|libsql:\/\/.|durable-object:$)/,
        `must be ${DATABASE_ADDRESSES}`,
      ),
    ),
  DATABASE_AUTH_TOKEN: z.optional(z.string()),
  // It is in every link, so a password in it would be sent to everybody.
  PUBLIC_URL: z.optional(
    httpAddress.check(
      z.refine((url) => !hasCredentials(url), "must have no user name and no password"),
    ),
  ),
  MASTER_KEY: z.pipe(
    z.string(required('base64 of 32 bytes, such as "openssl rand -base64 32" prints')),
    masterKey,
  ),
  MASTER_KEY_PREVIOUS: z.optional(masterKey),
  ADMIN_TOKEN: z.string(
    required('the bearer token of the management API, such as "openssl rand -hex 24" prints'),
  ),
  METRICS_TOKEN: z.optional(z.string()),
  DISPATCH_TOKEN: z.optional(z.string()),
  FILES_DIR: z.optional(z.string()),
  SMS_PRICES: z.optional(smsPrices),
  EMAIL_DOMAIN: z.optional(z.hostname("must be a domain")),
  ACCESS_TOKEN_JWKS: z.optional(publicKeys),
  ACCESS_TOKEN_JWKS_URL: z.optional(keyAddresses),
  ACCESS_TOKEN_ISSUER: z.optional(list("an issuer")),
  ACCESS_TOKEN_AUDIENCE: z.optional(list("an audience")),
  ACCESS_TOKEN_MAX_LIFETIME_S: wholeNumber(
    1,
    LARGEST_TOKEN_LIFETIME_S,
    DEFAULT_MAX_TOKEN_LIFETIME_S,
  ),
  RECIPIENT_CLAIM: z.optional(recipientClaim),
  ACCESS_TOKEN_REALMS: z.optional(tokenRealms),
  TEMPLATE_ROLE: z._default(role, DEFAULT_TEMPLATE_ROLE),
  SENDER_ROLE: z.optional(role),
  INBOX_MESSAGE: z._default(
    z.enum(INBOX_MESSAGE_FORMATS, `must be ${INBOX_MESSAGE_FORMATS.join(" or ")}`),
    INBOX_MESSAGE_FORMATS[0],
  ),
  ...accountVariables,
  REGISTRY_SERVICE_ID: z.optional(
    z.pipe(z.string(), z.transform((text: string) => parseServiceId(text)))
      .check(z.refine((id) => id !== undefined, "must be a UUID")),
  ),
});

/** The parsed variables that are not a provider's. */
export type Environment = z.output<typeof environment>;

/** The names of all environment variables, those of the providers included. */
export const VARIABLES: readonly string[] = [
  ...Object.keys(environment.shape),
  ...Object.keys(providerVariables(PROVIDERS)),
];

function isKeyAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/** Splits a comma-separated list, and drops empty parts. */
export function splitList(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter(Boolean);
}

/** Decodes base64; `undefined` when the text is not. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function hasCredentials(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== "" || password !== "";
}
