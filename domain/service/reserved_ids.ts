import { OWN_SERVICE_ID } from "../accounts/own_service_id.ts";
import type { ServiceId } from "../ids.ts";

/** The nil UUID (RFC 9562): data of the deployment stands under it. */
const NIL = "00000000-0000-0000-0000-000000000000";

/** Whether an id can never be that of a service which somebody creates: it is Hark's own. */
export function isReservedServiceId(id: ServiceId): boolean {
  return id === OWN_SERVICE_ID || id === NIL;
}
