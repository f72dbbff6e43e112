import type { Context } from "hono";

/**
 * The query parameter `dry_run` has a value other than `true` and `false`, or the address sends many messages and has no
 * dry run.
 */
export interface DryRunFault {
  readonly kind: "dry-run-not-valid" | "dry-run-of-many";
}

/** The message of each fault. */
export const DRY_RUN_MESSAGES = {
  "dry-run-not-valid": "dry_run must be true or false",
  "dry-run-of-many": "dry_run is for single notifications",
} as const satisfies Readonly<Record<DryRunFault["kind"], string>>;

/**
 * Reads the query parameter `dry_run` of a request to send: whether it asks only what it would be answered. A
 * caller that misspells its value must not send a message.
 */
export function readDryRun(c: Context): boolean | DryRunFault {
  const value = c.req.query("dry_run");
  if (value === undefined || value === "false") return false;
  return value === "true" ? true : { kind: "dry-run-not-valid" };
}

/** Returns the refusal of a dry run at an address that has none: to ignore the parameter would send the messages. */
export function refusalOfDryRun(c: Context): DryRunFault | undefined {
  const isDryRun = readDryRun(c);
  if (typeof isDryRun === "object") return isDryRun;
  return isDryRun ? { kind: "dry-run-of-many" } : undefined;
}
