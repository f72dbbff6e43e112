import type { Context } from "hono";
import type { FieldRefusal, TeamRefusal } from "../../../domain/accounts/refusals.ts";
import { noteLimit } from "../../http/security_events.ts";
import { problem } from "../problem.ts";
import { INVALID_REQUEST } from "../validation.ts";

/** Answers that a change of a team, an invitation or an operator's link was refused. */
export function answerTeamRefusal(
  c: Context,
  refusal: TeamRefusal | FieldRefusal,
  notFound: string,
): Response {
  switch (refusal.kind) {
    case "not-found":
      return problem(c, 404, notFound);
    case "last-manager":
      return problem(c, 409, "The service would have no member with the role ‘manage’");
    case "already-member":
      return fieldProblem(c, 409, "email_address", "is the address of a member of the service");
    case "already-invited":
      return fieldProblem(c, 409, "email_address", "is invited already");
    case "domain-not-allowed":
      return fieldProblem(
        c,
        409,
        "email_address",
        "has a domain that may not register; only an operator invites it",
      );
    case "another-address":
      return problem(c, 409, "The invitation is for another address");
    case "too-many-invitations":
      noteLimit(c, "invitations");
      c.header("Retry-After", String(refusal.retryAfterS));
      return problem(c, 429, "The service has invited as many people as it may in a day");
    case "too-many-services":
      return problem(c, 409, "The person is a member of as many services as allowed");
    case "no-email-provider":
      return problem(c, 409, "The deployment has no provider of e-mails");
    case "name":
    case "password":
    case "mobile-number":
      return fieldProblem(c, 400, refusal.kind.replace("-", "_"), refusal.because);
    case "email-address":
      return fieldProblem(c, 400, "email_address", "not a valid email address");
  }
}

function fieldProblem(c: Context, status: 400 | 409, field: string, message: string): Response {
  const detail = status === 400 ? INVALID_REQUEST : `${field} ${message}`;
  return problem(c, status, detail, [{ field, message }]);
}
