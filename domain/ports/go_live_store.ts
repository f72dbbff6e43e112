import type { NewAuditEntry } from "../accounts/audit.ts";
import type { AccountLanguage } from "../accounts/account.ts";
import type { WindowCharge } from "../accounts/limits.ts";
import type { GoLiveFacts } from "../going_live/checklist.ts";
import type { GoLiveAnswer, GoLiveForm, GoLiveRequest } from "../going_live/request.ts";
import type { GoLiveRequestId, ServiceId } from "../ids.ts";
import type { Service } from "../service/service.ts";

/** What is stored about a service that wants to go live. */
export interface StoredGoLive {
  readonly facts: GoLiveFacts;
  /** Its requests, newest first, at most 20. */
  readonly requests: readonly GoLiveRequest[];
}

/** A request with its service. */
export interface ServiceRequest {
  readonly service: Service;
  readonly request: GoLiveRequest;
}

/** The result of storing a request. `asked` also for one that was stored before under this id. */
export type AskResult =
  | { readonly kind: "asked"; readonly request: GoLiveRequest; readonly isMailAllowed: boolean }
  | { readonly kind: "already-waiting" | "already-live" | "archived" | "not-found" }
  | { readonly kind: "limited"; readonly until: number };

/** The result of storing an answer; `answered` has the request, `already-answered` the answer that counts. */
export type AnswerResult =
  | { readonly kind: "answered" | "already-answered"; readonly request: GoLiveRequest }
  | { readonly kind: "not-found" | "archived" };

/** Stores requests to go live. Each write is one batch with its audit entry, and raises the service's revision. */
export interface GoLiveStore {
  /** Reads what the checklist evaluates, and the service's requests, with one call. */
  read(serviceId: ServiceId): Promise<StoredGoLive>;
  /** Reads a request with its service and what the checklist evaluates, with one call. */
  readRequest(
    id: GoLiveRequestId,
  ): Promise<(ServiceRequest & Pick<StoredGoLive, "facts">) | undefined>;
  /** The requests that wait, oldest first: those after `after`, at most `limit`. */
  listWaiting(
    after: GoLiveRequestId | undefined,
    limit: number,
  ): Promise<readonly ServiceRequest[]>;
  /** Stores a request, unless another one of the service waits or the service is live or archived. */
  ask(
    request: GoLiveForm & { readonly id: GoLiveRequestId; readonly serviceId: ServiceId },
    charges: { readonly service: readonly WindowCharge[]; readonly mail: readonly WindowCharge[] },
    audit: NewAuditEntry,
    now: number,
  ): Promise<AskResult>;
  /** Stores the first answer to a request. Approval turns the service live with the limits, in the same batch. */
  answer(
    serviceId: ServiceId,
    id: GoLiveRequestId,
    answer: GoLiveAnswer,
    audit: NewAuditEntry,
    now: number,
  ): Promise<AnswerResult>;
  /** The addresses of active operators, at most 20, with their languages. */
  listOperators(): Promise<
    readonly { readonly emailAddress: string; readonly language: AccountLanguage }[]
  >;
}
