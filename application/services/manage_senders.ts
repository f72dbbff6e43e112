/** Senders of text messages and reply-to addresses of services: added, changed and deleted. */
import type { AuditAction, AuditActor, NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { SenderId, ServiceId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Sender } from "../../domain/service/sender.ts";
import type { Channel } from "../../domain/service/service.ts";

/** Dependencies of {@link createSenders}. */
export interface SenderPorts {
  readonly clock: Pick<Clock, "now">;
  readonly store: Pick<
    ManagementStore,
    "listSenders" | "createSender" | "updateSender" | "deleteSender"
  >;
}

/** Whose senders are changed, and by whom. */
export interface SenderScope {
  readonly serviceId: ServiceId;
  readonly channel: Channel;
  readonly actor: AuditActor;
}

/** The fields of a sender that are changed; an absent field stays as it is. */
export interface SenderFields {
  readonly value?: string | undefined;
  readonly isDefault?: boolean | undefined;
}

/** Why a sender was not added or changed. */
export type SenderRefusal =
  | { readonly kind: "service-not-found" }
  /** The service has no such sender on the channel. */
  | { readonly kind: "not-found" }
  /** The channel has a sender of this value. */
  | { readonly kind: "taken" }
  /** The channel has as many senders as it may. */
  | { readonly kind: "full" };

/** The senders of services. Each change has an entry in the service's audit log, a refused one has none. */
export interface Senders {
  /**
   * Adds a sender with the id of the caller's. A new default replaces the previous default of its channel.
   */
  add(
    scope: SenderScope,
    sender: { readonly id: SenderId; readonly value: string; readonly isDefault: boolean },
  ): Promise<Result<Sender, SenderRefusal>>;
  /** Changes the fields that are present, all of them or none. */
  change(
    scope: SenderScope,
    id: SenderId,
    fields: SenderFields,
  ): Promise<Result<Sender, SenderRefusal>>;
  /** Deletes a sender. Messages that were accepted with it keep its value. */
  remove(scope: SenderScope, id: SenderId): Promise<Result<void, SenderRefusal>>;
}

/** Creates the use cases of senders. */
export function createSenders({ clock, store }: SenderPorts): Senders {
  /** Whether the sender is one of the channel: an id of another channel's is not found. */
  async function exists({ serviceId, channel }: SenderScope, id: SenderId): Promise<boolean> {
    return (await store.listSenders(serviceId, channel)).some((sender) => sender.id === id);
  }

  return {
    async add(scope, { id, value, isDefault }) {
      const { serviceId, channel } = scope;
      const sender = { id, channel, value, isDefault };
      const entry = entryOf(scope, "sender-created", id);
      const created = await store.createSender(serviceId, sender, clock.now(), entry);
      if (created === undefined) return refuse({ kind: "service-not-found" });
      return typeof created === "string" ? refuse({ kind: created }) : ok(created);
    },
    async change(scope, id, { value, isDefault }) {
      if (!await exists(scope, id)) return refuse({ kind: "not-found" });
      const fields = {
        ...(value === undefined ? {} : { value }),
        ...(isDefault === undefined ? {} : { isDefault }),
      };
      const entry = entryOf(scope, "sender-changed", id);
      const changed = await store.updateSender(scope.serviceId, id, fields, clock.now(), entry);
      if (changed === undefined) return refuse({ kind: "not-found" });
      return changed === "taken" ? refuse({ kind: "taken" }) : ok(changed);
    },
    async remove(scope, id) {
      const isDeleted = await exists(scope, id) &&
        await store.deleteSender(
          scope.serviceId,
          id,
          clock.now(),
          entryOf(scope, "sender-deleted", id),
        );
      return isDeleted ? ok(undefined) : refuse({ kind: "not-found" });
    },
  };
}

function entryOf(
  { serviceId, channel, actor }: SenderScope,
  action: AuditAction,
  subject: SenderId,
): NewAuditEntry {
  return { chain: serviceId, actor, action, subject, facts: { channel } };
}
