/** The environment of `deno task dev`: generated secrets are kept in a folder and fill the gaps. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import type { KeyKind } from "../../domain/service/service.ts";
import { DAY_MS } from "../../domain/time/durations.ts";
import { DEVELOPMENT_FOLDER } from "./folder.ts";

/** How long a demo access token lives, unless `ACCESS_TOKEN_MAX_LIFETIME_S` is shorter. */
export const DEMO_TOKEN_LIFE_MS = 7 * DAY_MS;

const FILE = `${DEVELOPMENT_FOLDER}/development.json`;

/** The demo service: its id, an API key of each kind in full, and the ids of its templates. */
export interface Demo {
  readonly serviceId: string;
  readonly keys: Readonly<Record<KeyKind, string>>;
  readonly templates: { readonly sms: string; readonly email: string };
}

/**
 * The contents of `.data/development.json`, where development keeps its secrets. `demo` is `undefined` until the demo
 * service exists.
 */
export interface DevelopmentSecrets {
  readonly masterKey: string;
  readonly adminToken: string;
  readonly demo: Demo | undefined;
  /** The private key that signs demo access tokens, with its `kid`. */
  readonly accessKey: JWK;
}

/**
 * The environment variables, with generated values for those that are unset, and the secrets from the folder `.data`.
 */
export interface DevelopmentEnvironment {
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: DevelopmentSecrets;
}

/**
 * Reads the secrets in the folder `.data`, generates and stores missing ones, and fills unset variables with them. A
 * variable that is set wins; an empty one counts as unset.
 */
export async function loadDevelopmentEnvironment(
  variables: Readonly<Record<string, string>>,
): Promise<DevelopmentEnvironment> {
  const existing = await readSecrets();
  const secrets: DevelopmentSecrets = {
    masterKey: existing?.masterKey ?? randomBase64(32),
    adminToken: existing?.adminToken ?? randomBase64(24).replaceAll(/[+/=]/g, "x"),
    demo: existing?.demo,
    accessKey: existing?.accessKey ?? await makeAccessKey(),
  };
  await writeSecrets(secrets);
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const hasKeys = "ACCESS_TOKEN_JWKS" in set || "ACCESS_TOKEN_JWKS_URL" in set;
  const environment = {
    ...(hasKeys ? {} : {
      ACCESS_TOKEN_JWKS: toPublicJwks(secrets.accessKey),
      ACCESS_TOKEN_MAX_LIFETIME_S: String(DEMO_TOKEN_LIFE_MS / 1000),
    }),
    DATABASE_URL: `file:${DEVELOPMENT_FOLDER}/hark.db`,
    FILES_DIR: `${DEVELOPMENT_FOLDER}/files`,
    MASTER_KEY: secrets.masterKey,
    ADMIN_TOKEN: secrets.adminToken,
    ...set,
  };
  return { environment, secrets };
}

/**
 * Reads the secrets in the folder `.data`; folders of older versions lack newer fields.
 *
 * @returns `undefined` without a file
 */
export async function readSecrets(): Promise<Partial<DevelopmentSecrets> | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Writes the secrets to the folder `.data`, in a file that only its owner may read. */
export async function writeSecrets(secrets: DevelopmentSecrets): Promise<void> {
  await Deno.mkdir(DEVELOPMENT_FOLDER, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(FILE, JSON.stringify(secrets, null, 2), { mode: 0o600 });
}

/** The public half of an access key as a JSON Web Key Set. */
export function toPublicJwks({ kty, crv, x, y, kid, alg, use }: JWK): string {
  return JSON.stringify({ keys: [{ kty, crv, x, y, kid, alg, use }] });
}

async function makeAccessKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: "ES256", use: "sig" };
}

function randomBase64(bytes: number): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))));
}
