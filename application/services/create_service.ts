/** Creates services. */
import type { AuditActor } from "../../domain/accounts/audit.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { isReservedServiceId } from "../../domain/service/reserved_ids.ts";
import type { Service, ServiceMode, ServiceSettings } from "../../domain/service/service.ts";

/** Dependencies of {@link createService}. */
export interface CreateServicePorts {
  readonly clock: Pick<Clock, "now" | "newId">;
  readonly store: Pick<ManagementStore, "createService" | "getService">;
}

/** A service to create. */
export interface NewService {
  /** The caller's id, so that a service that moves here keeps its own; `undefined` for a new one. */
  readonly id: ServiceId | undefined;
  readonly name: string;
  readonly mode: ServiceMode;
  readonly active: boolean;
  readonly settings: ServiceSettings;
}

/** Creates a service. It is refused when its id is a service's, or Hark's own. */
export async function createService(
  { clock, store }: CreateServicePorts,
  actor: AuditActor,
  { id: chosen, ...service }: NewService,
): Promise<Result<Service, { readonly kind: "id-taken" }>> {
  const id = chosen ?? clock.newId() as ServiceId;
  const isTaken = async () =>
    chosen !== undefined && (isReservedServiceId(id) || await store.getService(id) !== undefined);
  if (await isTaken()) return refuse({ kind: "id-taken" });
  try {
    return ok(
      await store.createService({ ...service, id }, clock.now(), {
        chain: id,
        actor,
        action: "service-created",
      }),
    );
  } catch (error) {
    // Another request may have created it meanwhile.
    if (await isTaken()) return refuse({ kind: "id-taken" });
    throw error;
  }
}
