import { parseBase64 } from "../shared/base64.ts";

/** The algorithm `rsaEncryption`, as a key in PKCS#8 names it (RFC 8017, A.1). */
const RSA_ENCRYPTION = "06092a864886f70d010101";

/** The fewest bytes of an RSA key of 2048 bits in PKCS#8; one of 1024 bits has about 635. */
const MIN_KEY_BYTES = 1_180;

const PEM = /^-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----$/;

/** Puts a PEM text into its lines: environment variables may hold `\n` for a line break. */
export function toPem(text: string): string {
  return text.replaceAll("\\n", "\n").trim();
}

/** Whether a text is an RSA private key of about 2048 bits or more, as PKCS#8 in PEM, by its form. */
export function isPrivateKey(text: string): boolean {
  const [, base64] = PEM.exec(toPem(text)) ?? [];
  const bytes = base64 === undefined ? undefined : parseBase64(base64.replace(/\s+/g, ""));
  return bytes !== undefined && bytes.length >= MIN_KEY_BYTES &&
    bytes.subarray(0, 64).toHex().includes(RSA_ENCRYPTION);
}
