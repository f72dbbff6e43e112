/** The audit log: who did what, in chains of entries that cannot be changed unnoticed. */
import type { ServiceId, UserId } from "../ids.ts";

/** The chain of entries that concern no service: accounts, operators, tokens. */
export const INSTALLATION = "installation";
/** A chain of entries: that of a service, or {@link INSTALLATION}. */
export type AuditChain = ServiceId | typeof INSTALLATION;

/** Who did something: a person, a management token, the holder of `ADMIN_TOKEN`, or Hark itself (a command). */
export type AuditActor =
  | { readonly kind: "user"; readonly id: UserId }
  | { readonly kind: "management-token"; readonly id: string }
  | { readonly kind: "admin-token" }
  | { readonly kind: "system" };

/** What the log of a service records. */
export const SERVICE_ACTIONS = [
  "service-created",
  "service-changed",
  "service-archived",
  "service-restored",
  "member-added",
  "member-roles-changed",
  "member-removed",
  "invitation-created",
  "invitation-sent-again",
  "invitation-withdrawn",
  "invitation-accepted",
  "key-created",
  "key-revoked",
  "template-created",
  "template-changed",
  "template-archived",
  "template-restored",
  "templates-moved",
  "template-folder-created",
  "template-folder-changed",
  "template-folder-deleted",
  "guests-changed",
  "sender-created",
  "sender-changed",
  "sender-deleted",
  "callback-changed",
  "callback-secret-replaced",
  "callback-deleted",
  "callback-replayed",
  "inbound-number-added",
  "inbound-number-deleted",
  "recipient-suppressed",
  "suppression-lifted",
  "job-created",
  "job-started",
  "job-cancelled",
  "job-withdrawn",
  "job-paused",
  "job-resumed",
  "message-cancelled",
  "failed-messages-redriven",
  "failed-messages-dropped",
  "messages-read",
  "messages-exported",
  "audit-exported",
  "reply-to-proof-sent",
  "go-live-asked",
  "go-live-approved",
  "go-live-refused",
] as const;

/** What can be recorded. */
export const AUDIT_ACTIONS = [
  "account-registered",
  "account-deactivated",
  "account-blocked",
  "account-unblocked",
  "signed-in",
  "signed-out",
  "second-factor-given",
  "reauthenticated",
  "session-ended",
  "sessions-ended",
  "name-changed",
  "email-address-changed",
  "mobile-number-changed",
  "password-changed",
  "password-reset",
  "totp-added",
  "totp-removed",
  "recovery-codes-created",
  "second-factor-reset",
  "operator-link-created",
  "operator-added",
  "management-token-created",
  "management-token-revoked",
  "provider-changed",
  ...SERVICE_ACTIONS,
] as const;
/** One of {@link AUDIT_ACTIONS}. */
export type AuditAction = typeof AUDIT_ACTIONS[number];

/** Facts of an entry, without personal data: no name, address, number or content of a message. */
export type AuditFacts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** An entry to be appended. */
export interface NewAuditEntry {
  readonly chain: AuditChain;
  readonly actor: AuditActor;
  readonly action: AuditAction;
  /** The id of the person, key, template… that the action changed; `undefined` for the service or the actor itself. */
  readonly subject?: string | undefined;
  readonly facts?: AuditFacts | undefined;
}

/** An entry of a chain. */
export interface AuditEntry extends NewAuditEntry {
  /** Its number in the chain, from 1. */
  readonly sequence: number;
  /** Epoch milliseconds. */
  readonly at: number;
}
