/** The audit log. */
import type { AuditChain, NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { AuditQuery, NamedAuditEntry, ServiceAudit } from "../../domain/ports/audit_store.ts";
import type { AccountDependencies } from "./ports.ts";

/** The audit log. */
export interface Audit {
  /** Lists entries of a chain, newest first, with the names of the people who acted. */
  list(chain: AuditChain, query: AuditQuery): Promise<readonly NamedAuditEntry[]>;
  /** Lists entries of a service with its members, with one call. */
  readService(serviceId: ServiceId, query: AuditQuery): Promise<ServiceAudit>;
  /** Appends an entry for something that another store wrote. */
  append(entry: NewAuditEntry): Promise<void>;
}

/** Creates the use cases of the audit log. */
export function createAudit({ audit, clock }: AccountDependencies): Audit {
  return {
    list: (chain, query) => audit.list(chain, query),
    readService: (serviceId, query) => audit.readService(serviceId, query),
    append: (entry) => audit.append(entry, clock.now()),
  };
}
