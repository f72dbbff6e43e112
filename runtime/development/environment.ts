/** The environment of `deno task dev`: generated secrets are kept in a folder and fill the gaps. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import type { KeyKind } from "../../domain/service/service.ts";
import { DAY_MS } from "../../domain/time/durations.ts";
import { DEVELOPMENT_FOLDER } from "./folder.ts";

/** How long a demo access token lives, unless `ACCESS_TOKEN_MAX_LIFETIME_S` is shorter. */
export const DEMO_TOKEN_LIFE_MS = 7 * DAY_MS;

const FILE = `${DEVELOPMENT_FOLDER}/development.json`;

/** A demo service with its keys and templates. */
export interface Demo {
  readonly serviceId: string;
  readonly keys: Readonly<Record<KeyKind, string>>;
  readonly templates: { readonly sms: string; readonly email: string };
}

/** The contents of the file that development keeps. */
export interface DevelopmentSecrets {
  readonly masterKey: string;
  readonly adminToken: string;
  readonly demo: Demo | undefined;
  /** The private key that signs demo access tokens, with its `kid`. */
  readonly accessKey: JWK;
}

/** The environment with generated values in place of missing ones, and the secrets from the folder. */
export interface DevelopmentEnvironment {
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: DevelopmentSecrets;
}

/** Reads the kept secrets, generates missing ones, and fills unset variables with them. */
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

/** Reads the kept secrets; folders of older versions lack newer fields. @returns `undefined` without a file */
export async function readSecrets(): Promise<Partial<DevelopmentSecrets> | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Writes the secrets to the folder, readable by their owner only. */
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
