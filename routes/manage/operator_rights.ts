/** What a token of one service may not do in it: that is the operator's. */
import type { Context } from "hono";
import type { ManagementAccess } from "../../domain/accounts/management_access.ts";
import type { ServiceChange } from "../../domain/ports/management_store.ts";
import { operatorFieldsOf } from "../../domain/service/operator_fields.ts";
import { problem } from "./problem.ts";

const OPERATORS_ONLY = "is changed by operators only";

/** Answers 403 when a token of one service changes what only operators change; `undefined` when it does not. */
export function refuseOperatorFields(
  c: Context,
  { serviceId }: ManagementAccess,
  change: ServiceChange,
): Response | undefined {
  if (serviceId === undefined) return undefined;
  const fields = operatorFieldsOf(change);
  const [first] = fields;
  if (first === undefined) return undefined;
  const errors = fields.map((field) => ({ field, message: OPERATORS_ONLY }));
  return problem(c, 403, `${first} ${OPERATORS_ONLY}`, errors);
}

/** Answers 403 when a token of one service takes a telephone number of the deployment's. */
export function refuseNumbers(
  c: Context,
  { serviceId }: ManagementAccess,
): Response | undefined {
  return serviceId === undefined
    ? undefined
    : problem(c, 403, "Only operators give a service a number");
}
