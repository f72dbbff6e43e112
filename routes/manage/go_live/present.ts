import type { ChecklistItem } from "../../../domain/going_live/checklist.ts";
import type { GivenAnswer, GoLiveRequest } from "../../../domain/going_live/request.ts";

/** A request as answers show it. */
export function presentRequest(request: GoLiveRequest) {
  const { id, serviceId, askedBy, askedAt, volumes, contact, answer } = request;
  return {
    id,
    service_id: serviceId,
    state: stateOf(answer),
    volumes,
    contact,
    asked_by: askedBy,
    asked_at: new Date(askedAt).toISOString(),
    answer: answer === undefined ? null : {
      reason: answer.reason ?? null,
      daily_limits: answer.limits,
      answered_by: answer.by,
      answered_at: new Date(answer.at).toISOString(),
    },
  };
}

function stateOf(answer: GivenAnswer | undefined): "waiting" | "approved" | "refused" {
  if (answer === undefined) return "waiting";
  return answer.isApproved ? "approved" : "refused";
}

/** The checklist as answers show it. */
export function presentChecklist(items: readonly ChecklistItem[]) {
  return items.map(({ name, isDone, channels = [] }) => ({
    item: name,
    done: isDone,
    ...(channels.length === 0 ? {} : { channels }),
  }));
}
