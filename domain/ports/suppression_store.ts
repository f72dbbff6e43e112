import type { PagePosition } from "./page_position.ts";
import type { NewAuditEntry } from "../accounts/audit.ts";
import type { ServiceId } from "../ids.ts";
import type {
  NewSuppression,
  SuppressibleChannel,
  Suppression,
} from "../suppression/suppression.ts";

/** The result of {@link SuppressionStore.add}. */
export type SuppressionAdded =
  | { readonly kind: "added" | "existing"; readonly suppression: Suppression }
  /**
   * The service has `MAX_SUPPRESSIONS_FOR_ADDING` suppressions or more: the operator can add no further one, and
   * nothing was written.
   */
  | { readonly kind: "full" };

/** A page of a list of suppressions. */
export interface SuppressionQuery extends PagePosition<string> {
  /** Lists the lifted ones in place of those in force. */
  readonly lifted: boolean;
  readonly limit: number;
}

/**
 * The recipients to whom services may not send. They are found by keyed hashes, and the recipients are encrypted.
 * `AcceptStore` rejects messages to them; the database adds those whose e-mails bounce or are complained about.
 */
export interface SuppressionStore {
  /** Lists suppressions, newest first. */
  list(serviceId: ServiceId, query: SuppressionQuery): Promise<readonly Suppression[]>;
  get(serviceId: ServiceId, id: string): Promise<Suppression | undefined>;
  /** The suppression of a normalised recipient on a channel, lifted or in force; `undefined` when there is none. */
  find(
    serviceId: ServiceId,
    channel: SuppressibleChannel,
    recipient: string,
  ): Promise<Suppression | undefined>;
  /** Suppresses a recipient. One that is suppressed stays as it is: `existing`. */
  add(
    suppression: NewSuppression,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<SuppressionAdded>;
  /**
   * Lifts a suppression, so that the service may send again.
   *
   * @returns the suppression; `lifted` when it was lifted before; `undefined` when there is none
   */
  lift(
    serviceId: ServiceId,
    id: string,
    reason: string,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<Suppression | "lifted" | undefined>;
  /** Whether the service has any suppression that is in force. */
  hasAny(serviceId: ServiceId): Promise<boolean>;
  /** Of these normalised recipients, those to whom the service may not send on the channel, in one round trip. */
  findSuppressed(
    serviceId: ServiceId,
    channel: SuppressibleChannel,
    recipients: readonly string[],
  ): Promise<ReadonlySet<string>>;
}
