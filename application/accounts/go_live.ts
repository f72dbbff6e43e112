/** Going live: a team asks, and an operator answers. */
import { ACCOUNT_LANGUAGES, type AccountLanguage } from "../../domain/accounts/account.ts";
import type { AuditActor } from "../../domain/accounts/audit.ts";
import { secondsUntil, windowCharges } from "../../domain/accounts/limits.ts";
import {
  type ChecklistItemName,
  type GoLiveFacts,
  undoneOf,
} from "../../domain/going_live/checklist.ts";
import {
  type AnswerFault,
  faultsOfAnswer,
  faultsOfForm,
  GO_LIVE_LIMIT,
  GO_LIVE_MAIL_LIMIT,
  type GoLiveAnswer,
  type GoLiveFault,
  type GoLiveForm,
  type GoLiveRequest,
  limitsOf,
} from "../../domain/going_live/request.ts";
import type { GoLiveRequestId, ServiceId } from "../../domain/ids.ts";
import type { ServiceRequest, StoredGoLive } from "../../domain/ports/go_live_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Service } from "../../domain/service/service.ts";
import { DAY_MS } from "../../domain/time/durations.ts";
import type { AccountRequest } from "./account_request.ts";
import type { AccountDependencies } from "./ports.ts";

/** Why a request to go live is refused. */
export type AskRefusal =
  | { readonly kind: "form"; readonly faults: readonly GoLiveFault[] }
  | { readonly kind: "undone"; readonly items: readonly ChecklistItemName[] }
  | { readonly kind: "already-waiting" | "already-live" | "archived" | "not-found" }
  | { readonly kind: "too-many-requests"; readonly retryAfterS: number };

/** Why an answer is refused. `already-answered` has the answer that counts. */
export type AnswerRefusal =
  | { readonly kind: "answer"; readonly faults: readonly AnswerFault[] }
  | { readonly kind: "already-answered"; readonly request: GoLiveRequest }
  | { readonly kind: "archived" | "not-found" };

/** Going live. */
export interface GoLive {
  /** Reads what the checklist evaluates, and the service's requests, newest first. */
  read(serviceId: ServiceId): Promise<StoredGoLive>;
  /** @returns `undefined` when there is no such request */
  readRequest(
    id: GoLiveRequestId,
  ): Promise<(ServiceRequest & { readonly facts: GoLiveFacts }) | undefined>;
  /** The requests that wait, oldest first: a page of them. */
  listWaiting(
    after: GoLiveRequestId | undefined,
    limit: number,
  ): Promise<readonly ServiceRequest[]>;
  /**
   * Asks to go live, once the checklist is fulfilled, and tells operators by e-mail. With the id of a request that the
   * service has made, it returns that one.
   */
  ask(
    actor: AuditActor,
    service: Service,
    id: GoLiveRequestId,
    form: GoLiveForm,
    request: AccountRequest,
  ): Promise<Result<GoLiveRequest, AskRefusal>>;
  /** Answers a request: the first answer counts. Those who manage the service are notified by e-mail. */
  answer(
    actor: AuditActor,
    service: Service,
    id: GoLiveRequestId,
    answer: GoLiveAnswer,
    request: AccountRequest,
  ): Promise<Result<GoLiveRequest, AnswerRefusal>>;
}

/** Max people who are notified of an answer. */
const MAX_TOLD = 20;
/** For how long the messages are worth sending. */
const MESSAGE_VALID_MS = 3 * DAY_MS;

/** Creates the use cases of going live. */
export function createGoLive(ports: AccountDependencies): GoLive {
  const { clock, goLive: store, policy, sendMessage, teams } = ports;

  /** Tells each recipient; messages that are refused do not matter to the step itself. */
  async function tell(
    name: "go-live-asked" | "go-live-approved" | "go-live-refused",
    recipients: readonly { readonly to: string; readonly language: AccountLanguage }[],
    values: Readonly<Record<string, string>>,
    { waitUntil }: AccountRequest,
  ): Promise<void> {
    if (!policy.hasEmail) return;
    const validUntil = clock.now() + MESSAGE_VALID_MS;
    await Promise.all(
      recipients.map((recipient) =>
        sendMessage({ name, ...recipient, values, validUntil }, waitUntil)
      ),
    );
  }

  /** Whom an answer concerns: those who manage the service, and the contact of the request. */
  async function recipientsOf(service: Service, { contact }: GoLiveRequest) {
    const members = await teams.listMembers(service.id);
    const managers = members.filter(({ roles }) => roles.includes("manage"))
      .map(({ emailAddress }) => emailAddress);
    const language = languageOf(service);
    const addresses = new Map([contact, ...managers].map((to) => [to.toLowerCase(), to]));
    return [...addresses.values()].slice(0, MAX_TOLD).map((to) => ({ to, language }));
  }

  return {
    read: (serviceId) => store.read(serviceId),
    readRequest: (id) => store.readRequest(id),
    listWaiting: (after, limit) => store.listWaiting(after, limit),
    async ask(actor, service, id, form, request) {
      const faults = faultsOfForm(form);
      if (faults.length > 0) return refuse({ kind: "form", faults });
      const { facts, requests } = await store.read(service.id);
      const same = requests.find((each) => each.id === id);
      if (same !== undefined) return ok(same);
      const items = undoneOf(service, facts);
      if (items.length > 0 && service.mode === "trial") return refuse({ kind: "undone", items });
      const now = clock.now();
      const asked = await store.ask(
        { ...form, contact: form.contact.trim(), id, serviceId: service.id },
        {
          service: windowCharges(`go-live:${service.id}`, [GO_LIVE_LIMIT], now),
          mail: windowCharges("go-live-mail", [GO_LIVE_MAIL_LIMIT], now),
        },
        { chain: service.id, actor, action: "go-live-asked", subject: id },
        now,
      );
      if (asked.kind === "limited") {
        return refuse({ kind: "too-many-requests", retryAfterS: secondsUntil(asked.until, now) });
      }
      if (asked.kind !== "asked") return refuse({ kind: asked.kind });
      if (asked.isMailAllowed) {
        const operators = await store.listOperators();
        const recipients = operators.map(({ emailAddress: to, language }) => ({ to, language }));
        const link = `${request.root}operator/go-live/${id}`;
        await tell("go-live-asked", recipients, { service: service.name, link }, request);
      }
      return ok(asked.request);
    },
    async answer(actor, service, id, answer, request) {
      const allowed = limitsOf(service.settings);
      const given = {
        ...answer,
        // A refusal leaves the limits as they are.
        limits: answer.isApproved
          ? Object.fromEntries(
            Object.entries(answer.limits).filter(([limit]) =>
              allowed.some((each) => each === limit)
            ),
          )
          : {},
      };
      const faults = faultsOfAnswer(given);
      if (faults.length > 0) return refuse({ kind: "answer", faults });
      const action = answer.isApproved ? "go-live-approved" : "go-live-refused";
      const entry = { chain: service.id, actor, action, subject: id } as const;
      const answered = await store.answer(service.id, id, given, entry, clock.now());
      if (answered.kind === "already-answered") {
        return refuse({ kind: answered.kind, request: answered.request });
      }
      if (answered.kind !== "answered") return refuse({ kind: answered.kind });
      const values = {
        service: service.name,
        reason: answer.reason ?? "",
        link: `${request.root}services/${service.id}`,
      };
      await tell(action, await recipientsOf(service, answered.request), values, request);
      return ok(answered.request);
    },
  };
}

/** The language of messages to a service's team, where messages of accounts have it. */
function languageOf({ settings }: Service): AccountLanguage {
  const [language = ""] = settings.language.toLowerCase().split("-");
  return ACCOUNT_LANGUAGES.find((one) => one === language) ?? "en";
}
