/** Plans one notification and writes it, or refuses it. */
import { decideDelivery } from "../../domain/delivery/decide_delivery.ts";
import type { ServiceId } from "../../domain/ids.ts";
import { type Plan, planNotification } from "../../domain/sending/plan_notification.ts";
import type { Realm } from "../../domain/recipient/realm.ts";
import type {
  AcceptRejection,
  AcceptStore,
  FirstLease,
  IdempotencyClaim,
} from "../../domain/ports/accept_store.ts";
import type { UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { SendRequest } from "../../domain/sending/send_request.ts";
import type { SenderDefaults } from "../../domain/service/sender.ts";
import type { Service } from "../../domain/service/service.ts";
import { type FirstAttempt, LEASE_MS, providerNameOf } from "../delivery/attempts.ts";
import type { Dispatcher } from "../delivery/dispatcher.ts";
import type { RequestFileLinks, WaitUntil } from "./file_links.ts";
import { IDEMPOTENCY_TTL_MS, type IdempotentRequest } from "./idempotency.ts";
import { findReplay, findReplayOrLimit, type ReplayPorts, type Sent } from "./replay.ts";
import type { SendingParty } from "./sending_party.ts";
import { tooLarge } from "./too_large.ts";

/** Dependencies of {@link acceptNotification}. */
export interface AcceptPorts extends ReplayPorts {
  readonly accepts: AcceptStore;
  readonly dispatcher: Pick<
    Dispatcher,
    "hasCapacity" | "selectProvider" | "cancelSelection" | "deliver"
  >;
  readonly defaults: SenderDefaults;
  readonly unsubscribes: Pick<UnsubscribeStore, "issueToken">;
  /** Whether recipients can read inbox messages of this service; otherwise it may send none. */
  readonly hasInbox: (serviceId: ServiceId) => boolean;
  /**
   * The realms (portals: `citizen`, `officer`) whose people can read their inboxes; absent when the deployment does not
   * distinguish realms.
   */
  readonly realms?: readonly Realm[] | undefined;
}

/**
 * One evaluation of a request to send one notification. A request is evaluated again, with fresh data, when the first
 * evaluation used cached data or the service changed meanwhile.
 */
export interface Evaluation {
  /** Who sends, with the service as loaded for this evaluation. */
  readonly party: SendingParty;
  readonly request: SendRequest;
  readonly idempotency: IdempotentRequest | undefined;
  readonly files: RequestFileLinks;
  /** Returns the answer to an accepted notification, as JSON text. */
  readonly present: (plan: Plan, root: string) => string;
  /** The URL of this deployment, ending in a slash; links begin with it. */
  readonly root: string;
  readonly waitUntil: WaitUntil;
  /** Whether this is not the first evaluation of the request. */
  readonly isRetry: boolean;
}

/**
 * The result of an evaluation that decided nothing: the store rejected the write, so evaluate again with fresh data.
 */
export const RETRY = "retry";

/** The result of one evaluation: the answer, a refusal, or {@link RETRY}. */
export type Evaluated<R> = Result<Sent, R> | typeof RETRY;

/**
 * Evaluates a request once: plans the notification and writes it, or refuses it, or returns {@link RETRY}. When it
 * returns an answer, the notification is on disk. If this process has capacity and the notification is due, it starts
 * its delivery at once (with `waitUntil`). A request to a smoke-test recipient (a fixed address for tests of the API)
 * is answered, but sends and stores no notification.
 */
export async function acceptNotification(
  ports: AcceptPorts,
  evaluation: Evaluation,
): Promise<Evaluated<Refusal>> {
  const { clock, accepts } = ports;
  const { party: { context }, idempotency, files, isRetry } = evaluation;
  const { service } = context;
  const now = clock.now();
  const planned = await planOf(ports, evaluation, now);
  if (!planned.ok) {
    if (idempotency === undefined || !context.fresh) return planned;
    return (await findReplay(ports, context, idempotency, [])).replay ?? planned;
  }
  const plan = planned.value;
  const { notification, charges, documents } = plan;
  // Files are staged only for a request that is likely to be accepted.
  if (isRetry || documents.length > 0) {
    const decided = await findReplayOrLimit(ports, context, idempotency, charges);
    if (decided !== undefined) return decided;
  }
  const answer = evaluation.present(plan, evaluation.root);
  const sent: Sent = { answer, notificationId: notification.id, replayed: false };
  const claim: IdempotencyClaim | undefined = idempotency === undefined
    ? undefined
    : { ...idempotency, expiresAt: now + IDEMPOTENCY_TTL_MS, answer };
  if (plan.smokeTest) {
    const isStored = claim === undefined || await accepts.storeAnswer(service.id, claim);
    return isStored ? ok(sent) : RETRY;
  }
  await files.stage(plan);
  const dueAt = notification.delivery?.scheduledFor ?? now;
  const leased = dueAt <= now && ports.dispatcher.hasCapacity(notification.channel)
    ? leaseHere(ports, plan, context.service, now)
    : undefined;
  const result = await accepts.accept({
    notification,
    revision: service.revision,
    charges,
    idempotency: claim,
    documents: documents.map(({ id, expiresAt }) => ({ id, expiresAt })),
    dueAt,
    lease: leased?.lease,
  });
  if (result.kind === "rejected") {
    if (leased?.firstAttempt !== undefined) {
      ports.dispatcher.cancelSelection(leased.firstAttempt);
    }
    return await afterRejection(ports, evaluation, plan, result);
  }
  ports.rateLimits.recordUse(service.id, charges);
  if (leased !== undefined) deliverNow(ports, evaluation, plan, leased);
  return ok(sent);
}

/** The dependencies of {@link planOf}. */
export type PlanPorts = Pick<
  AcceptPorts,
  "clock" | "defaults" | "unsubscribes" | "hasInbox" | "realms"
>;

/** Plans the notification by the service as it was loaded. It writes nothing. */
export async function planOf(
  { clock, defaults, unsubscribes, hasInbox, realms }: PlanPorts,
  { party: { context, key, authorId }, request, files }: Pick<
    Evaluation,
    "party" | "request" | "files"
  >,
  now: number,
): Promise<Result<Plan, Refusal>> {
  const { service } = context;
  const id = clock.newNotificationId();
  const fileLinks = files.context(request.files?.length ?? 0);
  const unsubscribeToken = context.template?.unsubscribeLink === true
    ? await unsubscribes.issueToken({ serviceId: service.id, notificationId: id })
    : undefined;
  return planNotification(
    {
      ...context,
      key,
      authorId,
      defaults,
      fileLinks,
      unsubscribeToken,
      hasInbox: hasInbox(service.id),
      realms,
    },
    request,
    now,
    id,
  );
}

/** Decides by the reason of a rejection whether the request is evaluated again. */
async function afterRejection(
  ports: AcceptPorts,
  { party: { context }, idempotency, isRetry }: Evaluation,
  { charges }: Plan,
  rejection: AcceptRejection,
): Promise<Evaluated<Refusal>> {
  switch (rejection.reason) {
    case "revision":
    case "job-row":
      return RETRY;
    case "suppressed":
      // The accept read it from the store: no evaluation with fresh data decides otherwise.
      return refuse({ kind: "recipient-suppressed" });
    case "too-large":
      return refuse(tooLarge(rejection));
    case "idempotency-key":
    case "counter":
      // The first evaluation may have used cached data, and an answer other than 201 needs fresh data.
      if (!isRetry) return RETRY;
      // The limit is checked at this request's own time: a bucket refills while requests contend for it, and they would
      // retry until they fail.
      return await findReplayOrLimit(ports, context, idempotency, charges) ?? RETRY;
  }
}

/** The lease of a notification that this isolate delivers itself. */
interface LeasedHere {
  readonly lease: FirstLease;
  /** Absent when the notification may not go out now. */
  readonly firstAttempt?: FirstAttempt;
}

/**
 * Leases a notification that is due. Its first attempt starts with the accept, unless it may not go out now.
 *
 * @returns `undefined` when no provider may be called now: it is due, and waits in the outbox
 */
function leaseHere(
  { clock, dispatcher }: AcceptPorts,
  { notification }: Plan,
  { settings }: Service,
  now: number,
): LeasedHere | undefined {
  const lease = { token: clock.newId(), until: now + LEASE_MS };
  if (decideDelivery(notification, settings, now).kind !== "go") return { lease };
  const selected = dispatcher.selectProvider(notification);
  if (selected === undefined) return undefined;
  const { provider, selection } = selected;
  return {
    lease: {
      ...lease,
      provider: providerNameOf(provider),
      ...(selection === undefined ? {} : { selection }),
    },
    firstAttempt: { ...selected, startedAt: now },
  };
}

/** Starts the delivery of a notification whose outbox row this isolate has leased. */
function deliverNow(
  { dispatcher }: AcceptPorts,
  { party: { context: { service } }, waitUntil }: Evaluation,
  { notification, template }: Plan,
  { lease: { token }, ...attempt }: LeasedHere,
): void {
  const ref = { serviceId: service.id, notificationId: notification.id };
  const row = { lease: { ref, token }, notification, unresolved: false, ...attempt };
  waitUntil(dispatcher.deliver(row, template, service));
}
