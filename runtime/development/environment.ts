/** The environment of `deno task dev`: generated secrets are kept in a folder and fill the gaps. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import { DAY_MS } from "../../domain/time/durations.ts";
import { DEVELOPMENT_FOLDER } from "./folder.ts";
import { type DevelopmentSecrets, readSecrets, writeSecrets } from "./secrets_file.ts";

/** How long a demo access token lives, unless `ACCESS_TOKEN_MAX_LIFETIME_S` is shorter. */
export const DEMO_TOKEN_LIFE_MS = 7 * DAY_MS;

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
  if (
    Object.entries(secrets).some(([name, value]) => value !== Reflect.get(existing ?? {}, name))
  ) {
    await writeSecrets(secrets);
  }
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
