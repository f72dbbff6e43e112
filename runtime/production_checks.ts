/**
 * Settings that are well-formed, and that production refuses. Each problem names the variable, the fault and a command
 * that makes a right value; no problem shows a value.
 */
import { isLoopbackHost } from "../domain/access/loopback.ts";
import {
  MIN_DIFFERENT,
  MIN_STRONG_TOKEN_LENGTH,
  type Weakness,
  weaknessOfKey,
  weaknessOfToken,
} from "../domain/access/secret_strength.ts";
import { decodeBase64 } from "./environment.ts";
import type { InsecureException } from "./insecure_exceptions.ts";

/** What the checks read. */
export interface ProductionSettings {
  /** The value of a variable; `undefined` when it is unset, or malformed and reported as such. */
  value(name: string): string | undefined;
  isMissing(name: string): boolean;
  /** Variables that are missing, without which the receipts of a configured provider are refused. */
  readonly missingReceiptVariables: readonly string[];
  /** The names in `ALLOW_INSECURE`: the problems that they allow are not returned. */
  readonly allowed: ReadonlySet<InsecureException>;
}

/** The variables that hold a bearer token. */
export const TOKEN_VARIABLES = ["ADMIN_TOKEN", "METRICS_TOKEN", "DISPATCH_TOKEN"] as const;

const KEY_COMMAND = 'make one with "openssl rand -base64 32"';
const TOKEN_COMMAND = 'make one with "openssl rand -hex 24"';

const WEAKNESSES = {
  "documented": "is the documentation's example",
  "too-short": `has under ${MIN_STRONG_TOKEN_LENGTH} characters`,
  "few-different": `has under ${MIN_DIFFERENT} different bytes or characters`,
  "repeated": "repeats one pattern",
  "sequence": "is a sequence",
} as const satisfies Record<Weakness, string>;

/** A problem that an exception can allow. */
interface InsecureProblem {
  readonly exception: InsecureException;
  readonly problem: string;
}

/**
 * Returns a line for each setting that production refuses: weak secrets, a missing public URL, connections without TLS,
 * access tokens that are not checked, receipts that are not authenticated. Empty when there is none.
 */
export function findProductionProblems(settings: ProductionSettings): readonly string[] {
  const { allowed } = settings;
  return [
    ...findWeakSecrets(settings),
    ...findMissingPublicUrl(settings),
    ...[
      ...findUnencrypted(settings),
      ...findUncheckedTokens(settings),
      ...findUnauthenticatedReceipts(settings),
    ].filter(({ exception }) => !allowed.has(exception))
      .map(({ exception, problem }) => `${problem}, or allow it with ALLOW_INSECURE=${exception}`),
  ];
}

function findWeakSecrets({ value }: ProductionSettings): readonly string[] {
  const key = value("MASTER_KEY");
  const previous = value("MASTER_KEY_PREVIOUS");
  const keyBytes = key === undefined ? undefined : decodeBase64(key);
  const weakKey = key && keyBytes && weaknessOfKey(keyBytes, key);
  const weakTokens = TOKEN_VARIABLES.flatMap((name) => {
    const token = value(name);
    const weakness = token === undefined ? undefined : weaknessOfToken(token);
    return weakness === undefined ? [] : [`${name} ${WEAKNESSES[weakness]}: ${TOKEN_COMMAND}`];
  });
  const isSame = keyBytes !== undefined && previous !== undefined &&
    decodeBase64(previous)?.toHex() === keyBytes.toHex();
  return [
    ...(weakKey
      ? [
        `MASTER_KEY ${WEAKNESSES[weakKey]}: ${KEY_COMMAND}. Where it has encrypted data, keep it ` +
        'as MASTER_KEY_PREVIOUS and run "deno task migrate" with both',
      ]
      : []),
    ...(isSame
      ? [
        "MASTER_KEY_PREVIOUS is equal to MASTER_KEY: for a rotation " +
        `make another MASTER_KEY with "openssl rand -base64 32"; without one "unset MASTER_KEY_PREVIOUS"`,
      ]
      : []),
    ...weakTokens,
  ];
}

function findMissingPublicUrl({ isMissing }: ProductionSettings): readonly string[] {
  return !isMissing("PUBLIC_URL") ? [] : [
    "PUBLIC_URL is missing: links and providers' receipts need the address of this deployment; " +
    'set it with "export PUBLIC_URL=https://hark.example.gov"',
  ];
}

function findUnencrypted({ value }: ProductionSettings): readonly InsecureProblem[] {
  const keyServers = value("ACCESS_TOKEN_JWKS_URL")?.split(/[\s,]+/).filter(Boolean) ?? [];
  const isPlain = (url: string | undefined) => url !== undefined && isPlainRemote(url);
  return [
    ...(isPlain(value("PUBLIC_URL"))
      ? [
        {
          exception: "http-public-url",
          problem:
            "PUBLIC_URL is an http: address: put a proxy with TLS in front and set it with " +
            '"export PUBLIC_URL=https://hark.example.gov"',
        } as const,
      ]
      : []),
    ...(keyServers.some(isPlain)
      ? [
        {
          exception: "http-keys",
          problem:
            "ACCESS_TOKEN_JWKS_URL has an http: address, so that keys can be forged: use https:, " +
            'as in "export ACCESS_TOKEN_JWKS_URL=https://id.example.gov/certs"',
        } as const,
      ]
      : []),
    ...(isPlain(value("DATABASE_URL"))
      ? [
        {
          exception: "http-database",
          problem: "DATABASE_URL reaches a remote database without TLS: use https: or libsql:, " +
            'as in "export DATABASE_URL=libsql://database.example.gov"',
        } as const,
      ]
      : []),
  ];
}

/** Whether an address is another machine's and its scheme has no encryption. */
function isPlainRemote(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, searchParams } = new URL(url);
  // `libsql:` is encrypted unless its parameter says otherwise.
  const isPlain = protocol === "http:" || protocol === "libsql:" && searchParams.get("tls") === "0";
  return isPlain && !isLoopbackHost(hostname);
}

function findUncheckedTokens({ isMissing }: ProductionSettings): readonly InsecureProblem[] {
  if (isMissing("ACCESS_TOKEN_JWKS") && isMissing("ACCESS_TOKEN_JWKS_URL")) return [];
  return [
    ...(isMissing("ACCESS_TOKEN_AUDIENCE")
      ? [
        {
          exception: "no-audience",
          problem:
            "ACCESS_TOKEN_AUDIENCE is missing: without it tokens for other clients are accepted; " +
            'set the client id of Hark, as in "export ACCESS_TOKEN_AUDIENCE=hark"',
        } as const,
      ]
      : []),
    ...(isMissing("ACCESS_TOKEN_ISSUER")
      ? [
        {
          exception: "no-issuer",
          problem:
            "ACCESS_TOKEN_ISSUER is missing: without it tokens of every issuer are accepted; " +
            'set it as in "export ACCESS_TOKEN_ISSUER=https://id.example.gov/realms/citizen"',
        } as const,
      ]
      : []),
  ];
}

function findUnauthenticatedReceipts(
  { missingReceiptVariables }: ProductionSettings,
): readonly InsecureProblem[] {
  return missingReceiptVariables.map((name) => ({
    exception: "no-receipts",
    problem: `${name} is missing: without it the provider's receipts are refused; ` +
      `make a value with "openssl rand -hex 24" and set it at the provider too, or take the provider's`,
  }));
}
