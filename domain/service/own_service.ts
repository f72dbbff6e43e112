/** What of Hark's own service, which sends the messages of accounts, is never changed by people and programs. */
import { OWN_SERVICE_ID } from "../accounts/own_service_id.ts";
import type { Permission } from "../accounts/roles.ts";
import type { ServiceId } from "../ids.ts";

/** `migrate` writes its templates, only Hark sends with it, and a callback or key would give its codes away. */
const FIXED: readonly Permission[] = ["change-templates", "send", "change-keys"];

/** Whether a service is Hark's own and what a permission allows is not done in it. */
export function isFixedInOwnService(serviceId: ServiceId, permission: Permission): boolean {
  return serviceId === OWN_SERVICE_ID && FIXED.includes(permission);
}
