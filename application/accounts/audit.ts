/** The audit log. */
import type { AuditQuery } from "../../domain/ports/audit_store.ts";
import type { AuditChain, AuditEntry, NewAuditEntry } from "../../domain/accounts/audit.ts";

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
