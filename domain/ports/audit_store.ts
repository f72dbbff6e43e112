import type { AuditAction, AuditChain, AuditEntry, NewAuditEntry } from "../accounts/audit.ts";
import type { Member } from "../accounts/roles.ts";
import type { ServiceId, UserId } from "../ids.ts";
import type { PagePosition } from "./page_position.ts";

/** Which entries of a chain are listed. Their keys are their numbers. */
export interface AuditQuery extends PagePosition<number> {
  readonly limit: number;
  readonly actor?: UserId | undefined;
  readonly action?: AuditAction | undefined;
  /** Epoch milliseconds: entries from `since` and before `until`. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** An entry with the name of the person who acted; `undefined` for others and for those without an account. */
export type NamedAuditEntry = AuditEntry & { readonly actorName: string | undefined };

/** Entries of a service's chain, and its team. */
export interface ServiceAudit {
  readonly entries: readonly NamedAuditEntry[];
  readonly members: readonly Member[];
}

/** The result of verifying a chain. */
export interface VerifiedChain {
  readonly chain: AuditChain;
  /** The number and MAC (hexadecimal) of its last entry. */
  readonly lastSequence: number;
  readonly lastMac: string;
  /** The number of the first entry that does not follow from the one before; `undefined` when all do. */
  readonly brokenAt: number | undefined;
}

/** Stores the audit log. */
export interface AuditStore {
  append(entry: NewAuditEntry, now: number): Promise<void>;
  /** Lists entries of a chain, newest first. */
  list(chain: AuditChain, query: AuditQuery): Promise<readonly NamedAuditEntry[]>;
  /** Lists entries of a service with its members, with one call. */
  readService(serviceId: ServiceId, query: AuditQuery): Promise<ServiceAudit>;
  /** Verifies every chain. */
  verify(): AsyncIterable<VerifiedChain>;
}
