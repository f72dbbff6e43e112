/** The audit log. */
import type {
  AuditAction,
  AuditChain,
  AuditEntry,
  NewAuditEntry,
} from "../../domain/accounts/audit.ts";
import type { UserId } from "../../domain/ids.ts";

/** Which entries of a chain are listed. */
export interface AuditQuery {
  /** Continues with entries before this number. */
  readonly olderThan: number | undefined;
  readonly limit: number;
  readonly actor?: UserId | undefined;
  readonly action?: AuditAction | undefined;
  /** Epoch milliseconds: entries from `since` and before `until`. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** The audit log. */
export interface Audit {
  /** Lists entries of a chain, newest first, with the names of the people who acted. */
  list(
    chain: AuditChain,
    query: AuditQuery,
  ): Promise<readonly (AuditEntry & { readonly actorName: string | undefined })[]>;
  /** Appends an entry for something that another store wrote. */
  append(entry: NewAuditEntry): Promise<void>;
}
