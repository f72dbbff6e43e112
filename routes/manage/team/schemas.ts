import * as z from "zod/mini";
import { parseRoles, type Role, ROLES } from "../../../domain/accounts/roles.ts";
import { typedAddress } from "../schemas.ts";

/** Roles of a member, each once, in the order of {@link ROLES}. */
const roles = z.pipe(
  z.array(z.enum(ROLES)),
  z.transform((names: Role[]) => parseRoles(names) ?? []),
);

/** The body of `PATCH …/members/{user_id}`. */
export const changedMember = z.strictObject({ roles });

/** The body of `POST …/invitations`. */
export const newInvitation = z.strictObject({ email_address: typedAddress, roles });

/** The body of `POST /manage/operators`. */
export const newOperator = z.strictObject({ email_address: typedAddress });
