/** Parses the public keys that verify access tokens: JSON Web Key Sets (RFC 7517). No key is imported here. */
import * as z from "zod/mini";
import { fromBase64Url } from "./service_token/base64url.ts";
import { ok, refuse, type Result } from "../result.ts";

/** The accepted signature algorithms, all asymmetric, with the key that each needs (RFC 7518 section 3.1). */
const SIGNATURE_ALGORITHMS = {
  RS256: { kty: "RSA", crv: undefined },
  PS256: { kty: "RSA", crv: undefined },
  ES256: { kty: "EC", crv: "P-256" },
} as const satisfies Record<string, { readonly kty: string; readonly crv: string | undefined }>;

/** An accepted signature algorithm. */
export type SignatureAlgorithm = keyof typeof SIGNATURE_ALGORITHMS;

/** Every {@link SignatureAlgorithm}. */
export const SIGNATURE_ALGORITHM_NAMES = Object.keys(SIGNATURE_ALGORITHMS) as SignatureAlgorithm[];

/** The members of a JWK that define the key itself, as base64url text; all others are dropped. */
export type PublicKeyMembers =
  | { readonly kty: "RSA"; readonly n: string; readonly e: string }
  | { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string };

/** A public key that verifies signatures. */
export interface PublicKey {
  /** The key's id, which a token's header names; `undefined` when the JWK has none. */
  readonly kid: string | undefined;
  /** The algorithms that the key may be used with: the JWK's `alg`, or without one every algorithm of its type. */
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly members: PublicKeyMembers;
}

/** The usable keys of a JSON Web Key Set. */
export interface PublicKeys {
  readonly keys: readonly PublicKey[];
  /** Whether the set also exposes a private or symmetric key; such a key is not in `keys`. */
  readonly hasSecrets: boolean;
}

/** The fewest bits of an RSA key (RFC 7518 section 3.3). A shorter key is left out of the set. */
export const MIN_RSA_BITS = 2048;

/** The most keys of one set; a larger set is refused. A key server has a few, and each costs an import. */
export const MAX_PUBLIC_KEYS = 50;

const modulus = z.string().check(
  z.refine((text) => bitsOf(fromBase64Url(text)) >= MIN_RSA_BITS),
);
const exponent = z.string().check(z.refine((text) => bitsOf(fromBase64Url(text)) > 1));
/** 32 bytes, leading zeros included (RFC 7518 section 6.2.1.2). */
const coordinate = z.string().check(
  z.refine((text) => fromBase64Url(text)?.length === 32),
);

const membersSchema = z.discriminatedUnion("kty", [
  z.object({ kty: z.literal("RSA"), n: modulus, e: exponent }),
  z.object({ kty: z.literal("EC"), crv: z.literal("P-256"), x: coordinate, y: coordinate }),
]);

const usageSchema = z.object({
  kid: z.optional(z.string()),
  alg: z.optional(z.string()),
  use: z.optional(z.literal("sig")),
  key_ops: z.optional(z.array(z.string()).check(z.refine((uses) => uses.includes("verify")))),
});

const setSchema = z.object({
  keys: z.array(z.record(z.string(), z.unknown())).check(z.maxLength(MAX_PUBLIC_KEYS)),
});

/** Members that only the private form of a key has, and a symmetric key (RFC 7518 section 6). */
const SECRET_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/**
 * Parses a JSON Web Key Set. It leaves out malformed and weak keys, private and symmetric keys, and keys for another
 * use, such as encryption, because key servers publish those in the same set. The result can have no keys.
 *
 * @returns the refusal `not-a-key-set` for any other JSON, and for more than {@link MAX_PUBLIC_KEYS} keys
 */
export function readPublicKeys(value: unknown): Result<PublicKeys, "not-a-key-set"> {
  const set = setSchema.safeParse(value);
  if (!set.success) return refuse("not-a-key-set");
  const isSecret = (key: Readonly<Record<string, unknown>>) =>
    key.kty === "oct" || SECRET_MEMBERS.some((member) => Object.hasOwn(key, member));
  return ok({
    keys: set.data.keys.filter((key) => !isSecret(key)).flatMap(readPublicKey),
    hasSecrets: set.data.keys.some(isSecret),
  });
}

function readPublicKey(key: unknown): readonly PublicKey[] {
  const members = membersSchema.safeParse(key);
  const usage = usageSchema.safeParse(key);
  if (!members.success || !usage.success) return [];
  const { kid, alg } = usage.data;
  const algorithms = SIGNATURE_ALGORITHM_NAMES.filter((name) =>
    SIGNATURE_ALGORITHMS[name].kty === members.data.kty && (alg === undefined || alg === name)
  );
  return algorithms.length === 0 ? [] : [{ kid, algorithms, members: members.data }];
}

/** The bit length of a number, without leading zeros. */
function bitsOf(bytes: Uint8Array | undefined): number {
  const first = bytes?.findIndex((byte) => byte !== 0) ?? -1;
  if (bytes === undefined || first === -1) return 0;
  return (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24;
}
