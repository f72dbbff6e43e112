/** The audit log. */
import type { UserId } from "../../domain/ids.ts";
import type { AccountDependencies } from "./ports.ts";
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

/** Creates the use cases of the audit log. */
export function createAudit({ accounts, audit, clock }: AccountDependencies): Audit {
  return {
    async list(chain, query) {
      const entries = await audit.list(chain, query);
      const ids = entries.flatMap(({ actor }): readonly UserId[] =>
        actor.kind === "user" ? [actor.id] : []
      );
      const names = ids.length === 0 ? new Map<UserId, string>() : await accounts.names(ids);
      return entries.map((entry) => ({
        ...entry,
        actorName: entry.actor.kind === "user" ? names.get(entry.actor.id) : undefined,
      }));
    },
    append: (entry) => audit.append(entry, clock.now()),
  };
}
