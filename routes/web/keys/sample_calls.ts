/** Calls of the API, to paste into a terminal or a file. */

/** What a sample call is filled with. */
export interface SampleCall {
  /** The server's URL, ending in a slash. */
  readonly root: string;
  /** The API key in full. */
  readonly key: string;
  /** The id of a template for text messages; a placeholder takes its place when it is `undefined`. */
  readonly templateId: string | undefined;
  /** The recipient; when it is `undefined`, a number that Ofcom keeps for films. */
  readonly phoneNumber: string | undefined;
}

/** The length of a UUID in characters: a key ends with two of them, the service's id and the secret. */
const UUID_LENGTH = 36;

/** A number of Ofcom's for films. */
const SAMPLE_NUMBER = "+447700900123";

/** Returns commands for a POSIX shell with openssl and curl: they make a token and list the templates. */
export function curlCall({ root, key }: SampleCall): string {
  const serviceId = key.slice(-(2 * UUID_LENGTH + 1), -(UUID_LENGTH + 1));
  const secret = key.slice(-UUID_LENGTH);
  return `b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
HEAD=$(printf '{"alg":"HS256","typ":"JWT"}' | b64)
BODY=$(printf '{"iss":"${serviceId}","iat":%s}' "$(date +%s)" | b64)
SIGN=$(printf '%s' "$HEAD.$BODY" | openssl dgst -sha256 -hmac '${secret}' -binary | b64)

curl -sS ${root}v2/templates -H "Authorization: Bearer $HEAD.$BODY.$SIGN"`;
}

/** Returns a program for Node.js with GOV.UK Notify's client, which sends a text message. */
export function nodeCall({ root, key, templateId, phoneNumber }: SampleCall): string {
  return `// npm install notifications-node-client
import { NotifyClient } from "notifications-node-client";

const client = new NotifyClient(
  "${root.replace(/\/$/, "")}",
  "${key}",
);
const { data } = await client.sendSms(
  "${templateId ?? "the id of a template"}",
  "${phoneNumber ?? SAMPLE_NUMBER}",
  { personalisation: { name: "Ann" } },
);
console.log(data.id);`;
}
