import { parseBase64 } from "../shared/base64.ts";

/** A form post whose signature, allegedly Twilio's, is to be verified. */
export interface SignedPost {
  /** The Twilio account's primary auth token, the key of the signature. */
  readonly authToken: string;
  /** The value of the header `X-Twilio-Signature`. */
  readonly signature: string;
  /** The whole URL that Twilio called, with its query: the `StatusCallback` of the message. */
  readonly url: string;
  /** The fields of the form in the body. */
  readonly fields: URLSearchParams;
}

/**
 * Whether the signature is the HMAC-SHA1, in base64, of the URL and every field, with the auth token as key.
 *
 * The URL is tried as it is, with the scheme's default port, and without a port: Twilio is not consistent about the
 * port, and its own helper library accepts the same. Signatures are compared in constant time.
 *
 * Source: https://www.twilio.com/docs/usage/security#validating-requests
 */
export async function isSignedByTwilio(
  { authToken, signature, url, fields }: SignedPost,
): Promise<boolean> {
  const signatureBytes = parseBase64(signature);
  if (signatureBytes === undefined || authToken === "") return false;
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(authToken),
    { name: "HMAC", hash: "SHA-1" },
    false,
    ["verify"],
  );
  const signedFields = toSignedFields(fields);
  const matches = await Promise.all(
    toAddresses(url).map((address) =>
      crypto.subtle.verify("HMAC", key, signatureBytes, encoder.encode(address + signedFields))
    ),
  );
  return matches.includes(true);
}

/** The signature of a form post to a URL, as Twilio makes it. */
export async function signAsTwilio(
  { authToken, url, fields }: Omit<SignedPost, "signature">,
): Promise<string> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(authToken),
    { name: "HMAC", hash: "SHA-1" },
    false,
    ["sign"],
  );
  const signed = encoder.encode(url + toSignedFields(fields));
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, signed)).toBase64();
}

/**
 * The fields as a signature covers them, after the URL: sorted names, each with its distinct values sorted.
 *
 * Linear even when many fields share a name, since it runs before the sender is verified.
 */
function toSignedFields(fields: URLSearchParams): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of fields) {
    const existing = values.get(name);
    if (existing === undefined) values.set(name, new Set([value]));
    else existing.add(value);
  }
  return [...values.keys()].sort().map((name) =>
    [...values.get(name) ?? []].sort().map((value) => `${name}${value}`).join("")
  ).join("");
}

function toAddresses(url: string): readonly string[] {
  const [, scheme, host = "", rest = ""] = url.match(/^(https?):\/\/([^/?#]+)(.*)$/s) ?? [];
  if (scheme === undefined) return [url];
  const portless = host.replace(/:\d+$/, "");
  const defaultPort = scheme === "https" ? 443 : 80;
  const hosts = new Set([host, portless]);
  if (host === portless) hosts.add(`${host}:${defaultPort}`);
  return [...hosts].map((host) => `${scheme}://${host}${rest}`);
}
