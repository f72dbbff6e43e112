/** `RECIPIENT_CLAIM` and `ACCESS_TOKEN_REALMS`: which claims of an access token name its person. */
import * as z from "zod/mini";
import { parseRealm, type Realm, REALMS } from "../domain/recipient/realm.ts";

/** The longest name of a claim, in UTF-16 units. */
export const MAX_CLAIM_NAME_LENGTH = 255;
/** The most issuers in `ACCESS_TOKEN_REALMS`. */
export const MAX_REALM_ISSUERS = 100;

/** Registered claims (RFC 7519, OpenID Connect) that many people share, or that change with each token. */
const NOT_OF_A_PERSON: ReadonlySet<string> = new Set(
  ["iss", "aud", "exp", "nbf", "iat", "jti", "typ", "azp", "scope", "sid", "acr", "realm"],
);

/**
 * The schema of `RECIPIENT_CLAIM`, the name of the claim with a recipient's id. A dot in the name is part of it, and
 * leads into no object.
 */
export const recipientClaim = z.string().check(
  z.maxLength(MAX_CLAIM_NAME_LENGTH, `must have at most ${MAX_CLAIM_NAME_LENGTH} characters`),
  z.regex(/^[^\s\p{Cc}\p{Cs},"]+$/u, "must be the name of one claim, such as preferred_username"),
  z.refine(
    (name) => !NOT_OF_A_PERSON.has(name),
    "must be a claim that names one person, such as preferred_username or sub",
  ),
);

const EXPECTED =
  `must be issuers with a realm each (${REALMS.join(" or ")}), with commas between them, such as ` +
  "https://id.example/realms/citizen-portal=citizen";

/**
 * The schema of `ACCESS_TOKEN_REALMS`: `issuer=realm` with commas between them, which says whether an issuer's people
 * are citizens or officers. It outputs the realm by issuer.
 */
export const tokenRealms = z.pipe(
  z.string(),
  z.transform((text: string, context): ReadonlyMap<string, Realm> => {
    const entries = text.split(",").map(readEntry);
    const realms = new Map(entries.flatMap((entry) => entry === undefined ? [] : [entry]));
    const problem = entries.includes(undefined)
      ? EXPECTED
      : realms.size < entries.length
      ? "must name each issuer once"
      : realms.size > MAX_REALM_ISSUERS
      ? `must have at most ${MAX_REALM_ISSUERS} issuers`
      : undefined;
    if (problem === undefined) return realms;
    context.issues.push({ code: "custom", message: problem, input: "" });
    return z.NEVER;
  }),
);

/** Reads `issuer=realm`. The last `=` separates them, since an issuer may be an address with a query. */
function readEntry(text: string): readonly [string, Realm] | undefined {
  const at = text.lastIndexOf("=");
  const issuer = text.slice(0, Math.max(at, 0)).trim();
  const realm = parseRealm(text.slice(at + 1).trim());
  const isIssuer = /^[^\s\p{Cc};]+$/u.test(issuer);
  return realm === undefined || !isIssuer ? undefined : [issuer, realm];
}

/**
 * Finds what would give tokens a wrong realm, or give realms to issuers whose tokens are refused. Variables that are
 * malformed by themselves are reported elsewhere.
 *
 * @param realms `ACCESS_TOKEN_REALMS`; `issuers` and `urls` likewise; each `undefined` when it is not set or malformed
 * @returns one line for each problem
 */
export function findRealmProblems(
  realms: string | undefined,
  issuers: string | undefined,
  urls: string | undefined,
): readonly string[] {
  if (realms === undefined) return [];
  const accepted = split(issuers ?? "", ",");
  const addresses = split(urls ?? "", /[\s,]+/);
  // Values are not quoted: the number of the entry finds it.
  const refused = accepted.length === 0 ? [] : realms.split(",").flatMap((entry, index) => {
    const [issuer] = readEntry(entry) ?? [];
    return issuer === undefined || accepted.includes(issuer) ? [] : [index + 1];
  });
  return [
    ...refused.map((number) =>
      `ACCESS_TOKEN_REALMS has an issuer (entry ${number}) that ACCESS_TOKEN_ISSUER does not ` +
      "have: its tokens are refused"
    ),
    // Otherwise the keys of one realm could sign tokens of the other.
    ...(addresses.length > 1 && addresses.length !== accepted.length
      ? [
        "ACCESS_TOKEN_REALMS with several addresses in ACCESS_TOKEN_JWKS_URL needs as many " +
        "issuers in ACCESS_TOKEN_ISSUER, in the same order: each address then vouches for its own",
      ]
      : []),
  ];
}

function split(text: string, separator: string | RegExp): readonly string[] {
  return text.split(separator).map((part) => part.trim()).filter(Boolean);
}
