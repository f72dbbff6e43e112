import type { AuditActor, NewAuditEntry } from "../accounts/audit.ts";
import type { WindowCharge } from "../accounts/limits.ts";
import type { SenderId, ServiceId } from "../ids.ts";

/** A reply-to address whose owner is asked to prove it. */
export interface ReplyToProof {
  readonly serviceId: ServiceId;
  /** The id that the sender will have. */
  readonly senderId: SenderId;
  /** Normalised. */
  readonly emailAddress: string;
  readonly isDefault: boolean;
  /** Who asked: the entry of the audit log for the new sender names them. */
  readonly askedBy: AuditActor;
}

/** The result of {@link ReplyToProofStore.issue}. */
export type ProofIssue =
  /** `isNew` is false for one that was issued before under the same id: nothing is sent again. */
  | { readonly kind: "issued"; readonly isNew: boolean; readonly isMailAllowed: boolean }
  | { readonly kind: "taken" | "full" | "not-found" }
  | { readonly kind: "limited"; readonly until: number };

/** A proof as its link shows it. */
export interface StoredProof {
  readonly proof: ReplyToProof;
  readonly state: "valid" | "used" | "expired";
  readonly serviceName: string;
}

/** Stores the links by which the owners of reply-to addresses prove them. Each write is one batch with its audit entry. */
export interface ReplyToProofStore {
  /** Stores a link and counts its message; only the keyed hash of the token is stored. */
  issue(
    proof: ReplyToProof & { readonly token: string },
    charges: {
      readonly service: readonly WindowCharge[];
      readonly address: (hash: string) => readonly WindowCharge[];
    },
    audit: NewAuditEntry,
    now: number,
  ): Promise<ProofIssue>;
  /** Reads a link without using it. @returns `undefined` for one that was never issued, or is long over */
  read(token: string, now: number): Promise<StoredProof | undefined>;
  /** Uses a link: the address becomes one of the service's. @returns whether it did */
  complete(token: string, proof: ReplyToProof, audit: NewAuditEntry, now: number): Promise<boolean>;
}
