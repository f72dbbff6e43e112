import { parseBase64 } from "../shared/base64.ts";

/** A form post that Twilio may have signed. */
export interface SignedPost {
  /** The account's primary token. */
  readonly authToken: string;
  /** `X-Twilio-Signature`. */
  readonly signature: string;
  /** The whole address, as Twilio was given it, with its query. */
  readonly url: string;
  readonly fields: URLSearchParams;
}

/**
 * Whether Twilio signed this post: HMAC-SHA1 with the token over the address and every field, base64.
 *
 * The address counts as given, with the scheme's default port, and without any port, since Twilio is not
 * consistent about it and its own helper allows the same. WebCrypto compares in constant time.
 *
 * Source: https://www.twilio.com/docs/usage/security#validating-requests
 */
export async function isSignedByTwilio(
  { authToken, signature, url, fields }: SignedPost,
): Promise<boolean> {
  const given = parseBase64(signature);
  if (given === undefined || authToken === "") return false;
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(authToken),
    { name: "HMAC", hash: "SHA-1" },
    false,
    ["verify"],
  );
  const signedFields = toSignedFields(fields);
  const verdicts = await Promise.all(
    toAddresses(url).map((address) =>
      crypto.subtle.verify("HMAC", key, given, encoder.encode(address + signedFields))
    ),
  );
  return verdicts.includes(true);
}

/** The text that a signature covers: names sorted, and of a repeated name its distinct values sorted. */
export function toSignedText(url: string, fields: URLSearchParams): string {
  return url + toSignedFields(fields);
}

// Nothing is known of the sender yet, so this takes time in proportion to the fields, however many share a name.
function toSignedFields(fields: URLSearchParams): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of fields) {
    const known = values.get(name);
    if (known === undefined) values.set(name, new Set([value]));
    else known.add(value);
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
