/**
 * The names that `ALLOW_INSECURE` accepts, each with its risk. Each allows one insecure setting that production would
 * refuse; its risk is logged as a warning at every start.
 */
export const INSECURE_EXCEPTIONS = {
  "http-keys":
    "keys of access tokens are fetched without TLS: who can change the traffic can open every inbox",
  "http-database":
    "the database is reached without TLS: who can read the traffic sees its token and references",
  "http-public-url": "links in messages and providers' receipts travel without TLS",
  "no-audience": "every token of the identity provider is accepted, whichever client it is for",
  "no-issuer": "tokens of every issuer whose key is configured are accepted",
  "no-receipts":
    "receipts of providers without a webhook password or secret are refused: messages stay in sending",
} as const satisfies Record<string, string>;

/** A name that `ALLOW_INSECURE` accepts, such as `http-keys`. */
export type InsecureException = keyof typeof INSECURE_EXCEPTIONS;

/** Every {@link InsecureException}. */
export const INSECURE_EXCEPTION_NAMES = Object.keys(INSECURE_EXCEPTIONS) as InsecureException[];

/** Whether a text is a name that `ALLOW_INSECURE` accepts. */
export function isInsecureException(name: string): name is InsecureException {
  return Object.hasOwn(INSECURE_EXCEPTIONS, name);
}
