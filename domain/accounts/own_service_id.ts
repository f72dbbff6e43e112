import type { ServiceId } from "../ids.ts";

/** The id of Hark's own service, the same in every deployment. */
export const OWN_SERVICE_ID = "6861726b-0000-4000-8000-000000000001" as ServiceId;
