/** Reply-to addresses that people add: each is proved by a message to it before it is used. */
import { parseAccountEmail } from "../../domain/accounts/account_form.ts";
import type { AuditActor } from "../../domain/accounts/audit.ts";
import {
  MAIL_LIMITS,
  REPLY_TO_LIMIT,
  secondsUntil,
  windowCharges,
} from "../../domain/accounts/limits.ts";
import { CODE_VALID_MS } from "../../domain/accounts/one_time_codes.ts";
import { OWN_SERVICE_ID } from "../../domain/accounts/own_messages.ts";
import type { LinkRefusal } from "../../domain/accounts/refusals.ts";
import type { SenderId } from "../../domain/ids.ts";
import type { StoredProof } from "../../domain/ports/reply_to_proof_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Service } from "../../domain/service/service.ts";
import type { AccountRequest } from "./account_request.ts";
import type { AccountDependencies } from "./ports.ts";

/** Why the message that proves an address is not sent. */
export type ProofRefusal =
  | { readonly kind: "not-valid" | "taken" | "full" | "not-found" | "no-email-provider" }
  | { readonly kind: "too-many-proofs"; readonly retryAfterS: number };

/** The message that proves an address. */
export interface SentProof {
  readonly senderId: SenderId;
  readonly emailAddress: string;
  readonly expiresAt: number;
}

/** Proofs of reply-to addresses. */
export interface ReplyToProofs {
  /**
   * Sends a link to an address; the address becomes one of the service's once its owner follows the link. With an id that
   * was used before nothing is sent again.
   */
  start(
    actor: AuditActor,
    service: Service,
    address: { readonly id: SenderId; readonly typed: string; readonly isDefault: boolean },
    request: AccountRequest,
  ): Promise<Result<SentProof, ProofRefusal>>;
  /** Reads a link without using it. */
  open(token: string): Promise<Result<StoredProof, LinkRefusal>>;
  /** Uses a link. */
  complete(token: string): Promise<Result<StoredProof, LinkRefusal>>;
}

/** Creates the use cases of proofs. */
export function createReplyToProofs(
  { clock, policy, replyToProofs: store, secrets, sendMessage }: AccountDependencies,
): ReplyToProofs {
  async function open(token: string): Promise<Result<StoredProof, LinkRefusal>> {
    const stored = await store.read(token, clock.now());
    if (stored === undefined) return refuse({ kind: "link", because: "unknown" });
    return stored.state === "valid" ? ok(stored) : refuse({ kind: "link", because: stored.state });
  }

  return {
    open,
    async start(askedBy, service, { id: senderId, typed, isDefault }, request) {
      const parsed = parseAccountEmail(typed);
      if (!parsed.ok) return refuse({ kind: "not-valid" });
      if (service.id === OWN_SERVICE_ID) return refuse({ kind: "not-found" });
      if (!policy.hasEmail) return refuse({ kind: "no-email-provider" });
      const now = clock.now();
      const token = secrets.newToken();
      const emailAddress = parsed.value.normalised;
      const issued = await store.issue(
        { serviceId: service.id, senderId, emailAddress, isDefault, askedBy, token },
        {
          service: windowCharges(`reply-to:${service.id}`, [REPLY_TO_LIMIT], now),
          address: (hash) => windowCharges(`mail-to:${hash}`, MAIL_LIMITS.address, now),
        },
        { chain: service.id, actor: askedBy, action: "reply-to-proof-sent", subject: senderId },
        now,
      );
      if (issued.kind === "limited") {
        return refuse({ kind: "too-many-proofs", retryAfterS: secondsUntil(issued.until, now) });
      }
      if (issued.kind !== "issued") return refuse({ kind: issued.kind });
      const expiresAt = now + CODE_VALID_MS["reply-to"];
      if (issued.isMailAllowed) {
        await sendMessage({
          name: "reply-to-proof",
          to: emailAddress,
          language: request.language,
          values: { service: service.name, link: `${request.root}reply-to/${token}` },
          validUntil: expiresAt,
        }, request.waitUntil);
      }
      return ok({ senderId, emailAddress, expiresAt });
    },
    async complete(token) {
      const link = await open(token);
      if (!link.ok) return link;
      const { proof } = link.value;
      const entry = {
        chain: proof.serviceId,
        actor: proof.askedBy,
        action: "sender-created",
        subject: proof.senderId,
        facts: { channel: "email" },
      } as const;
      return await store.complete(token, proof, entry, clock.now())
        ? link
        : refuse({ kind: "link", because: "used" });
    },
  };
}
