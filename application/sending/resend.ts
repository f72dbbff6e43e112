/** Sends a message again, as a new one that names it. */
import { OWN_SERVICE_ID } from "../../domain/accounts/own_service_id.ts";
import type { NotificationRef, UserId } from "../../domain/ids.ts";
import type { Status } from "../../domain/notification/status.ts";
import type { NotificationStore } from "../../domain/ports/notification_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { isResendable, resendRequest } from "../../domain/sending/resend.ts";
import type { Sent } from "./replay.ts";
import type { OneMessage, PartyRefusal, SendOne, SendOneOptions } from "./send_one.ts";

/** Dependencies of {@link createResend}. */
export interface ResendPorts {
  readonly notifications: Pick<NotificationStore, "get">;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly sendOne: SendOne;
}

/** Which message is sent again, and who does it. */
export interface ResendCommand {
  readonly ref: NotificationRef;
  /** The person who sends it again; absent when a program does. */
  readonly authorId?: UserId | undefined;
  /** The URL of this deployment, ending in a slash; links begin with it. */
  readonly root: string;
}

/** Why a message is not sent again. */
export type ResendRefusal =
  | Refusal
  | PartyRefusal
  /** The service has no such message, or retention has deleted it. */
  | { readonly kind: "notification-not-found" }
  /** It has not ended: it may still be delivered. */
  | { readonly kind: "not-ended"; readonly status: Status };

/**
 * Sends messages again: of the same version of the template, with the same values, to the same recipient, as the same
 * kind of API key. The new message is accepted like any other, so limits, suppressions and the guest list apply.
 */
export interface Resend {
  /** Evaluates what {@link send} would do, and changes nothing. */
  check(command: ResendCommand): Promise<Result<Plan, ResendRefusal>>;
  /** Sends the message again. The same idempotency key sends it once. */
  send(command: ResendCommand, options: SendOneOptions): Promise<Result<Sent, ResendRefusal>>;
}

/** Creates the use case. */
export function createResend({ notifications, contexts, sendOne }: ResendPorts): Resend {
  /** Reads the message, and makes the new one of it. */
  async function repeat(
    { ref, authorId, root }: ResendCommand,
  ): Promise<Result<OneMessage, ResendRefusal>> {
    if (ref.serviceId === OWN_SERVICE_ID) return refuse({ kind: "own-service" });
    const [original, context] = await Promise.all([
      notifications.get(ref),
      contexts.load(ref.serviceId, { fresh: false }),
    ]);
    if (original === undefined || context === undefined) {
      return refuse({ kind: "notification-not-found" });
    }
    if (!isResendable(original.status)) {
      return refuse({ kind: "not-ended", status: original.status });
    }
    return ok({
      serviceId: ref.serviceId,
      authorId,
      keyKind: original.keyKind,
      request: resendRequest(original, context),
      version: { version: original.templateVersion, mustBeNewest: false },
      root,
    });
  }

  return {
    async check(command) {
      const message = await repeat(command);
      return message.ok ? await sendOne.check(message.value) : message;
    },
    async send(command, options) {
      const message = await repeat(command);
      return message.ok ? await sendOne.send(message.value, options) : message;
    },
  };
}
