/** The file in the folder `.data` where development keeps its secrets. */
import type { JWK } from "jose";
import type { KeyKind } from "../../domain/service/service.ts";
import { ConfigError } from "../config.ts";
import { DEVELOPMENT_FOLDER } from "./folder.ts";

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
 * Reads the secrets in the folder `.data`; folders of older versions lack newer fields.
 *
 * @returns `undefined` without a file
 * @throws ConfigError when the file cannot be read, or is damaged. The message quotes nothing of it
 */
export async function readSecrets(): Promise<Partial<DevelopmentSecrets> | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(FILE);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new ConfigError(`${FILE} cannot be read: ${messageOf(error)}`);
  }
  const secrets = parseSecrets(text);
  if (secrets !== undefined) return secrets;
  throw new ConfigError(
    `${FILE} is damaged. It has the key of the development database: restore it, or delete the folder ` +
      `${DEVELOPMENT_FOLDER} to begin anew`,
  );
}

function parseSecrets(text: string): Partial<DevelopmentSecrets> | undefined {
  try {
    const value = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Writes the secrets to the folder `.data`, in a file that only its owner may read. What was in it stays when that fails.
 *
 * @throws ConfigError when it cannot be written
 */
export async function writeSecrets(secrets: DevelopmentSecrets): Promise<void> {
  const written = `${FILE}.${crypto.randomUUID()}`;
  try {
    await Deno.mkdir(DEVELOPMENT_FOLDER, { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(written, JSON.stringify(secrets, null, 2), { mode: 0o600 });
    await Deno.rename(written, FILE);
  } catch (error) {
    await Deno.remove(written).catch(() => {});
    throw new ConfigError(
      `the folder ${DEVELOPMENT_FOLDER} of development cannot be written: ${messageOf(error)}; ` +
        "run the command in a folder that Hark may write to",
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
