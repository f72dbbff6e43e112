/** Suppressed recipients of services: added, found and lifted by people and programs. */
import type { AuditActor } from "../../domain/accounts/audit.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SuppressionStore } from "../../domain/ports/suppression_store.ts";
import { parseEmailAddress } from "../../domain/recipient/email_address.ts";
import { parsePhone } from "../../domain/recipient/phone.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Service } from "../../domain/service/service.ts";
import type { SuppressibleChannel, Suppression } from "../../domain/suppression/suppression.ts";

/** Dependencies of {@link createSuppressions}. */
export interface SuppressionPorts {
  readonly clock: Pick<Clock, "now" | "newId">;
  readonly suppressions: Pick<SuppressionStore, "add" | "find" | "lift">;
}

/** A recipient as typed. */
export interface TypedRecipient {
  readonly channel: SuppressibleChannel;
  readonly recipient: string;
}

/** Why a suppression was not added, found or lifted. */
export type SuppressionRefusal =
  /** The text is no recipient of the channel. */
  | { readonly kind: "recipient"; readonly channel: SuppressibleChannel }
  /** The service has as many suppressions as may be added by hand. */
  | { readonly kind: "full" }
  | { readonly kind: "not-found" }
  /** It was lifted before. */
  | { readonly kind: "lifted" };

/** The suppressed recipients of services. Each change has an entry in the service's audit log. */
export interface Suppressions {
  /** Suppresses a recipient. One that was suppressed before stays as it is (`isNew: false`). */
  add(
    actor: AuditActor,
    service: Service,
    suppression: TypedRecipient & { readonly reason: string },
  ): Promise<
    Result<{ readonly suppression: Suppression; readonly isNew: boolean }, SuppressionRefusal>
  >;
  /** Finds the suppression of a recipient, in force or lifted; `undefined` when there is none. */
  find(
    service: Service,
    typed: TypedRecipient,
  ): Promise<Result<Suppression | undefined, SuppressionRefusal>>;
  /** Lifts a suppression: the service may send to the recipient again. */
  lift(
    actor: AuditActor,
    serviceId: ServiceId,
    id: string,
    reason: string,
  ): Promise<Result<Suppression, SuppressionRefusal>>;
}

/** Creates the use cases of suppressed recipients. */
export function createSuppressions({ clock, suppressions }: SuppressionPorts): Suppressions {
  return {
    async add(actor, service, { channel, recipient: typed, reason }) {
      const recipient = normalise(typed, channel, service);
      if (recipient === undefined) return refuse({ kind: "recipient", channel });
      const id = clock.newId();
      const added = await suppressions.add(
        { serviceId: service.id, id, channel, recipient, because: "operator", reason },
        clock.now(),
        {
          chain: service.id,
          actor,
          action: "recipient-suppressed",
          subject: id,
          facts: { channel },
        },
      );
      return added.kind === "full"
        ? refuse({ kind: "full" })
        : ok({ suppression: added.suppression, isNew: added.kind === "added" });
    },
    async find(service, { channel, recipient: typed }) {
      const recipient = normalise(typed, channel, service);
      if (recipient === undefined) return refuse({ kind: "recipient", channel });
      return ok(await suppressions.find(service.id, channel, recipient));
    },
    async lift(actor, serviceId, id, reason) {
      const lifted = await suppressions.lift(serviceId, id, reason, clock.now(), {
        chain: serviceId,
        actor,
        action: "suppression-lifted",
        subject: id,
      });
      if (lifted === undefined) return refuse({ kind: "not-found" });
      return lifted === "lifted" ? refuse({ kind: "lifted" }) : ok(lifted);
    },
  };
}

/** The normalised recipient, as messages to it have it; `undefined` when it is not valid. */
function normalise(
  typed: string,
  channel: SuppressibleChannel,
  { settings: { country } }: Service,
): string | undefined {
  const read = channel === "sms" ? parsePhone(typed, { country }) : parseEmailAddress(typed);
  return read.ok ? read.value.normalised : undefined;
}
