import { jsonLimitMessage } from "../../domain/json/read_json.ts";
import { BODY_FAULT_MESSAGES, BODY_RETRY_AFTER_S } from "../http/body.ts";
import type { BodyRefusal } from "../http/validation.ts";
import type { RegistryProblem } from "./problem.ts";

/**
 * Returns the error answer of the registries' APIs to a body that cannot be read as JSON: 413 when it is too large, 503
 * with `Retry-After` when the process holds too many bytes of bodies, 400 otherwise.
 *
 * @param tooLarge the message when the body is too large; it names the route's limit
 */
export function bodyProblem(refusal: BodyRefusal, tooLarge: string): RegistryProblem {
  switch (refusal.kind) {
    case "too-large":
      return { status: 413, message: tooLarge };
    case "not-json":
      return { status: 400, message: "The body is not JSON" };
    case "json-limit":
      return { status: 400, message: jsonLimitMessage(refusal) };
    case "broken-off":
      return { status: 400, message: BODY_FAULT_MESSAGES[refusal.kind] };
    case "bodies-too-large":
      return {
        status: 503,
        message: BODY_FAULT_MESSAGES[refusal.kind],
        retryAfterS: BODY_RETRY_AFTER_S,
      };
  }
}
