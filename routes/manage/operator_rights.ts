/** What a token of one service may not do in it: that is the operator's. */
import type { Context } from "hono";
import type { ManagementAccess } from "../../domain/accounts/management_access.ts";
import { problem } from "./problem.ts";

/** Answers 403 when a token of one service takes a telephone number of the deployment's. */
export function refuseNumbers(
  c: Context,
  { serviceId }: ManagementAccess,
): Response | undefined {
  return serviceId === undefined
    ? undefined
    : problem(c, 403, "Only operators give a service a number");
}
