import type { ServiceId } from "../ids.ts";
import type {
  NewSuppression,
  SuppressibleChannel,
  Suppression,
} from "../suppression/suppression.ts";

/** The result of {@link SuppressionStore.add}. */
export type SuppressionAdded =
  | { readonly kind: "added" | "existing"; readonly suppression: Suppression }
  /** The service has `MAX_SUPPRESSIONS_FOR_ADDING`, and the operator adds no more. */
  | { readonly kind: "full" };

/** A page of a list of suppressions. */
export interface SuppressionQuery {
  /** Lists the lifted ones in place of those in force. */
  readonly lifted: boolean;
  /** Continues after the suppression with this id. */
  readonly olderThan: string | undefined;
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
  /** The suppression of a normalised recipient, lifted or not. */
  find(
    serviceId: ServiceId,
    channel: SuppressibleChannel,
    recipient: string,
  ): Promise<Suppression | undefined>;
  /** Suppresses a recipient. One that is suppressed stays as it is: `existing`. */
  add(suppression: NewSuppression, now: number): Promise<SuppressionAdded>;
  /** Lifts a suppression. @returns it; `lifted` when it was lifted before; `undefined` when there is none */
  lift(
    serviceId: ServiceId,
    id: string,
    reason: string,
    now: number,
  ): Promise<Suppression | "lifted" | undefined>;
  /** Whether any suppression of a service is in force. */
  hasAny(serviceId: ServiceId): Promise<boolean>;
  /** Those of some normalised recipients to whom the service may not send, in one round trip. */
  findSuppressed(
    serviceId: ServiceId,
    channel: SuppressibleChannel,
    recipients: readonly string[],
  ): Promise<ReadonlySet<string>>;
}
