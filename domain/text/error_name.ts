/**
 * Returns the `name` of an error, for logs and messages, `unknown` for a value that is not an error. The message of an
 * error is left out: it may quote personal data.
 */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
