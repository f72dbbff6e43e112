import type { TeamRefusal } from "../../../domain/accounts/refusals.ts";
import type { FormFault } from "../components/error_summary.tsx";
import type { Texts } from "../texts/texts.ts";

/** Returns the fault of a form for a refused change of a team. */
export function teamFaultOf(refusal: TeamRefusal, { team, invitation }: Texts): FormFault {
  switch (refusal.kind) {
    case "last-manager":
      return { field: "roles", message: team.lastManager };
    case "already-member":
      return { field: "email_address", message: team.alreadyMember };
    case "already-invited":
      return { field: "email_address", message: team.alreadyInvited };
    case "domain-not-allowed":
      return { field: "email_address", message: team.domain };
    case "too-many-invitations":
      return { message: team.tooManyInvitations };
    case "no-email-provider":
      return { message: team.noEmail };
    case "too-many-services":
      return { message: team.tooManyServices };
    case "not-found":
      return { message: team.notFound };
    case "another-address":
      return { message: invitation.other("") };
  }
}
