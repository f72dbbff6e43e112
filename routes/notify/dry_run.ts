import type { Context } from "hono";

/** The query parameter `dry_run` has a value other than `true` and `false`. */
export interface DryRunFault {
  readonly kind: "dry-run-not-valid";
}

/**
 * Reads the query parameter `dry_run` of a request to send: whether it is only to be told what it would be answered. A
 * caller that misspells its value must not send a message.
 */
export function readDryRun(c: Context): boolean | DryRunFault {
  const value = c.req.query("dry_run");
  if (value === undefined || value === "false") return false;
  return value === "true" ? true : { kind: "dry-run-not-valid" };
}
