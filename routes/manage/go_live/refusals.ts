import type { Context } from "hono";
import type { AnswerRefusal, AskRefusal } from "../../../application/accounts/go_live.ts";
import type { AnswerFault, GoLiveFault } from "../../../domain/going_live/request.ts";
import { noteLimit } from "../../http/security_events.ts";
import { type FieldProblem, problem } from "../problem.ts";
import { INVALID_REQUEST } from "../validation.ts";
import { presentRequest } from "./present.ts";

const FIELDS = { volumes: "volumes", contact: "contact", terms: "accepts_terms" } as const;
const MISSING = {
  volumes: "must have a channel with more than 0 messages",
  contact: "must not be empty",
  terms: "must be true",
} as const;
const NOT_VALID = {
  volumes: "must be whole numbers of messages",
  contact: "not a valid email address",
  terms: "must be true",
} as const;

const NO_REQUEST = "The service has no such request to go live";
const ARCHIVED = "The service is archived";

function problemOfForm({ field, because }: GoLiveFault): FieldProblem {
  return {
    field: FIELDS[field],
    message: (because === "missing" ? MISSING : NOT_VALID)[field],
  };
}

function problemOfAnswer({ field, because }: AnswerFault): FieldProblem {
  if (field !== "reason") {
    return { field: `daily_limits.${field}`, message: "must be a whole number of messages" };
  }
  return {
    field,
    message: because === "missing"
      ? "must be given with a refusal"
      : "must be lines of text without control characters, 500 characters at most",
  };
}

/** Answers that a service may not ask to go live. */
export function answerAskRefusal(c: Context, refusal: AskRefusal): Response {
  switch (refusal.kind) {
    case "form":
      return problem(c, 400, INVALID_REQUEST, refusal.faults.map(problemOfForm));
    case "undone":
      return problem(c, 409, "The service does not fulfil the checklist: see undone", [], {
        undone: refusal.items,
      });
    case "already-waiting":
      return problem(c, 409, "A request of the service waits for an operator's answer");
    case "already-live":
      return problem(c, 409, "The service is live");
    case "archived":
      return problem(c, 409, ARCHIVED);
    case "not-found":
      return problem(c, 404, "There is no such service");
    case "too-many-requests":
      noteLimit(c, "go-live-requests");
      c.header("Retry-After", String(refusal.retryAfterS));
      return problem(c, 429, "The service has asked as often as it may in a day");
  }
}

/** Answers that an answer was not taken. The second of two operators is notified of the answer that counts. */
export function answerAnswerRefusal(c: Context, refusal: AnswerRefusal): Response {
  switch (refusal.kind) {
    case "answer":
      return problem(c, 400, INVALID_REQUEST, refusal.faults.map(problemOfAnswer));
    case "already-answered":
      return problem(c, 409, "The request was answered before: see request", [], {
        request: presentRequest(refusal.request),
      });
    case "archived":
      return problem(c, 409, ARCHIVED);
    case "not-found":
      return problem(c, 404, NO_REQUEST);
  }
}
