import type { ManagementAccess } from "../../domain/accounts/management_access.ts";
import type { AppEnv } from "../http/context.ts";

/** The Hono environment of the management API: `c.var.access` is what the caller's credential allows. */
export interface ManageEnv extends AppEnv {
  readonly Variables: AppEnv["Variables"] & { readonly access: ManagementAccess };
}
