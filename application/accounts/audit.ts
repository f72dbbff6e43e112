/** The audit log. */
import type { AuditActor, AuditChain, NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { AuditQuery, NamedAuditEntry, ServiceAudit } from "../../domain/ports/audit_store.ts";
import type { AccountDependencies } from "./ports.ts";

/** How many entries an export reads at a time. */
export const EXPORT_PAGE = 500;

/** Which entries of a chain are exported. */
export type ExportedEntries = Omit<AuditQuery, "olderThan" | "limit">;

/** The audit log. */
export interface Audit {
  /** Lists entries of a chain, newest first, with the names of the people who acted. */
  list(chain: AuditChain, query: AuditQuery): Promise<readonly NamedAuditEntry[]>;
  /** Lists entries of a service with its members, with one call. */
  readService(serviceId: ServiceId, query: AuditQuery): Promise<ServiceAudit>;
  /**
   * Exports entries of a service, newest first, in pages of {@link EXPORT_PAGE} that are read one by one. The export has an
   * entry itself, which is appended before the first page is returned and is not in it.
   */
  exportService(
    actor: AuditActor,
    serviceId: ServiceId,
    filter: ExportedEntries,
  ): Promise<AsyncIterable<readonly NamedAuditEntry[]>>;
  /** Appends an entry for something that another store wrote. */
  append(entry: NewAuditEntry): Promise<void>;
}

/** Creates the use cases of the audit log. */
export function createAudit({ audit, clock }: AccountDependencies): Audit {
  return {
    list: (chain, query) => audit.list(chain, query),
    readService: (serviceId, query) => audit.readService(serviceId, query),
    async exportService(actor, serviceId, filter) {
      const read = (olderThan: number | undefined) =>
        audit.list(serviceId, { ...filter, olderThan, limit: EXPORT_PAGE });
      const first = await read(undefined);
      await audit.append({ chain: serviceId, actor, action: "audit-exported" }, clock.now());
      return pagesFrom(first, read);
    },
    append: (entry) => audit.append(entry, clock.now()),
  };
}

async function* pagesFrom(
  first: readonly NamedAuditEntry[],
  read: (olderThan: number | undefined) => Promise<readonly NamedAuditEntry[]>,
): AsyncGenerator<readonly NamedAuditEntry[]> {
  let page = first;
  while (page.length > 0) {
    yield page;
    if (page.length < EXPORT_PAGE) return;
    page = await read(page.at(-1)?.sequence);
  }
}
