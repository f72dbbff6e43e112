/**
 * Preloaded into a server by `commit_groups.ts`: counts the write transactions that are sent to the database's thread
 * and the accepts in them. Prints a line of JSON to stderr on SIGUSR2, and starts again.
 */

/** What was counted since the last line. */
export interface CommitCounts {
  readonly commits: number;
  readonly accepts: number;
  /** Commits with at least one accept. */
  readonly groups: number;
}

/** Precedes the JSON on a line. */
export const COUNTS_PREFIX = "commit-counts ";

type SentStatement = string | { readonly sql: string; readonly args?: readonly unknown[] };

function isWrite(data: unknown): data is { readonly statements: readonly SentStatement[] } {
  return typeof data === "object" && data !== null && "mode" in data && data.mode === "write" &&
    "statements" in data && Array.isArray(data.statements);
}

let counts: CommitCounts = { commits: 0, accepts: 0, groups: 0 };

function count(statements: readonly SentStatement[]): void {
  let accepts = 0;
  for (const statement of statements) {
    if (typeof statement === "string") continue;
    const { sql, args: [rows] = [] } = statement;
    if (!sql.includes("INSERT INTO notifications") || typeof rows !== "string") continue;
    accepts += rows.split('"recipient_hash":').length - 1;
  }
  counts = {
    commits: counts.commits + 1,
    accepts: counts.accepts + accepts,
    groups: counts.groups + (accepts > 0 ? 1 : 0),
  };
}

const post = MessagePort.prototype.postMessage;
MessagePort.prototype.postMessage = function (data: unknown, ...rest: never[]): void {
  if (isWrite(data)) count(data.statements);
  post.call(this, data, ...rest);
};

Deno.addSignalListener("SIGUSR2", () => {
  console.error(COUNTS_PREFIX + JSON.stringify(counts));
  counts = { commits: 0, accepts: 0, groups: 0 };
});
