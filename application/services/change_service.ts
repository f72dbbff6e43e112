/** Changes the settings of services, archives and restores them. */
import type { AuditAction, AuditActor } from "../../domain/accounts/audit.ts";
import { OWN_SERVICE_ID } from "../../domain/accounts/own_service_id.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ManagementStore, ServiceChange } from "../../domain/ports/management_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { operatorFieldsOf } from "../../domain/service/operator_fields.ts";
import type { Service } from "../../domain/service/service.ts";

/** Dependencies of {@link changeService}. */
export interface ChangeServicePorts {
  readonly clock: Pick<Clock, "now">;
  readonly store: Pick<ManagementStore, "updateService">;
}

/** Why a service was not changed. */
export type ServiceChangeRefusal =
  | { readonly kind: "service-not-found" }
  /** Only operators change these fields, named as in the management API. */
  | { readonly kind: "operators-only"; readonly fields: readonly string[] }
  /** Hark's own service stays live and active: people sign in by its messages. */
  | { readonly kind: "own-service" };

/**
 * Changes the fields of a service that are present, archives it (`active: false`) or restores it. The audit log has the
 * names of the fields.
 *
 * @param by who changes it, and whether as an operator
 * @param service as the caller loaded it
 */
export async function changeService(
  { clock, store }: ChangeServicePorts,
  by: { readonly actor: AuditActor; readonly isOperator: boolean },
  service: Service,
  change: ServiceChange,
): Promise<Result<Service, ServiceChangeRefusal>> {
  const fields = operatorFieldsOf(change);
  if (!by.isOperator && fields.length > 0) return refuse({ kind: "operators-only", fields });
  if (service.id === OWN_SERVICE_ID && (change.active === false || change.mode === "trial")) {
    return refuse({ kind: "own-service" });
  }
  const changed = await store.updateService(service.id, change, clock.now(), {
    chain: service.id,
    actor: by.actor,
    action: actionOf(service, change),
    facts: {
      fields: namesOf(change),
      ...(change.mode === undefined ? {} : { mode: change.mode }),
    },
  });
  return changed === undefined ? refuse({ kind: "service-not-found" }) : ok(changed);
}

function actionOf(service: Service, { active }: ServiceChange): AuditAction {
  if (active === undefined || active === service.active) return "service-changed";
  return active ? "service-restored" : "service-archived";
}

function namesOf({ settings = {}, ...change }: ServiceChange): readonly string[] {
  return Object.entries({ ...change, ...settings })
    .flatMap(([name, value]) => value === undefined ? [] : [name]);
}
