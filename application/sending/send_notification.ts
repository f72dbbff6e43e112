import type { NotificationId, ServiceId } from "../../domain/ids.ts";
import {
  checkCharges,
  dailyCharge,
  type QuotaCharge,
  rateCharge,
} from "../../domain/sending/limits.ts";
import { type Plan, planNotification } from "../../domain/sending/plan_notification.ts";
import type { AcceptStore, IdempotencyClaim } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { SendRequest } from "../../domain/sending/send_request.ts";
import type { SenderDefaults } from "../../domain/service/sender.ts";
import type { Channel } from "../../domain/service/service.ts";
import { type Dispatcher, LEASE_MS } from "../delivery/dispatcher.ts";
import { type Caller, REVISION_CONFLICT, type RevisionConflict } from "./authenticate.ts";
import type { RateLimitCache } from "./rate_limit_cache.ts";
import type { RequestFileLinks } from "./file_links.ts";
import { IDEMPOTENCY_TTL_MS, type IdempotentRequest } from "./idempotency.ts";

/** What sending works with. */
export interface SendPorts {
  readonly clock: Clock;
  readonly accepts: AcceptStore;
  readonly counters: RateLimitCache;
  readonly dispatcher: Pick<Dispatcher, "hasCapacity" | "deliver">;
  readonly defaults: SenderDefaults;
  readonly unsubscribes: Pick<UnsubscribeStore, "issueToken">;
  /** Whether inbox messages of a service have readers. */
  readonly hasInbox: (serviceId: ServiceId) => boolean;
}

/** What one request asks of {@link Send.send} beside the notification. */
export interface SendOptions {
  readonly idempotency: IdempotentRequest | undefined;
  /** The request's files, the same for all of its judgements; absent where the surface takes none. */
  readonly files?: RequestFileLinks;
  /** The surface's answer to an accepted notification, as JSON text. */
  readonly present: (plan: Plan) => string;
  /** Keeps the runtime alive for work that goes on after the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** What was answered. */
export interface Sent {
  readonly answer: string;
  /** The notification that was accepted now; `undefined` for a replay. */
  readonly notificationId: NotificationId | undefined;
  /** The answer was given before, to the same idempotency key. */
  readonly replayed: boolean;
}

/** The one way in of single notifications; every surface comes through here. */
export interface Send {
  /**
   * Judges what does not depend on the request's body: the peer tells a caller that it is over its limits before it
   * looks at what it sent.
   */
  checkRateLimits(caller: Caller, channel: Channel): Refusal | undefined;
  /**
   * What is answered to a request that is refused now: the answer it was given before, when its idempotency key
   * stands for it, else the refusal.
   */
  replayOrRefuse<R>(
    caller: Caller,
    idempotency: Result<IdempotentRequest | undefined, Refusal>,
    refusal: R,
  ): Promise<Result<Sent, R>>;
  /**
   * Accepts a notification, or says why not. When it returns an answer, everything is on disk.
   *
   * May refuse as stale: then the caller is to be read again, and this called again. A request whose idempotency
   * key is in flight in this isolate is refused; elsewhere the store lets one of the two wait for the other.
   */
  send(
    caller: Caller,
    request: SendRequest,
    options: SendOptions,
  ): Promise<Result<Sent, Refusal | RevisionConflict>>;
}

/** Makes the way in. */
export function createSend(ports: SendPorts): Send {
  const { clock, accepts, counters, dispatcher, defaults, unsubscribes, hasInbox } = ports;
  const inFlight = new Set<string>();

  /** What was answered before to this key: it is answered again whatever has changed since. */
  async function findEarlier(
    { service }: Caller["context"],
    idempotency: IdempotentRequest | undefined,
    scopes: readonly string[],
  ): Promise<{ earlier: Result<Sent, Refusal> | undefined; values: ReadonlyMap<string, number> }> {
    const recall = await accepts.recall(service.id, idempotency?.keyHash, scopes, clock.now());
    counters.learnt(service.id, recall.counters);
    if (recall.earlier === undefined) return { earlier: undefined, values: recall.counters };
    const earlier: Result<Sent, Refusal> = recall.earlier.requestHash === idempotency?.requestHash
      ? ok({ answer: recall.earlier.answer, notificationId: undefined, replayed: true })
      : refuse({ kind: "idempotency-key-reused" });
    return { earlier, values: recall.counters };
  }

  /** Why the store would not take a request: what was answered to it before, or the limit that is reached. */
  async function findReason(
    context: Caller["context"],
    idempotency: IdempotentRequest | undefined,
    charges: readonly QuotaCharge[],
  ): Promise<Result<Sent, Refusal> | undefined> {
    const scopes = charges.map(({ scope }) => scope);
    const { earlier, values } = await findEarlier(context, idempotency, scopes);
    if (earlier !== undefined) return earlier;
    const over = checkCharges(charges, (scope) => values.get(scope) ?? 0);
    return over === undefined ? undefined : refuse(over);
  }

  async function accept(
    caller: Caller,
    request: SendRequest,
    { idempotency, files, present, waitUntil }: SendOptions,
  ): Promise<Result<Sent, Refusal | RevisionConflict>> {
    const { context, key } = caller;
    const { service } = context;
    const now = clock.now();
    const id = clock.newNotificationId();
    const desk = files?.desk(request.files?.length ?? 0);
    const unsubscribeToken = context.template?.unsubscribeLink === true
      ? await unsubscribes.issueToken({ serviceId: service.id, notificationId: id })
      : undefined;
    const planned = planNotification(
      { ...context, key, defaults, desk, unsubscribeToken, hasInbox: hasInbox(service.id) },
      request,
      now,
      id,
    );
    if (!planned.ok) {
      if (idempotency === undefined || !context.fresh) return planned;
      return (await findEarlier(context, idempotency, [])).earlier ?? planned;
    }
    const plan = planned.value;
    const { notification, charges, documents } = plan;
    // Files are not worth storing for what was answered before, or is over a limit.
    if (caller.retried || documents.length > 0) {
      const reason = await findReason(context, idempotency, charges);
      if (reason !== undefined) return reason;
    }
    const answer = present(plan);
    const claim: IdempotencyClaim | undefined = idempotency === undefined
      ? undefined
      : { ...idempotency, expiresAt: now + IDEMPOTENCY_TTL_MS, answer };
    if (plan.smokeTest) {
      const kept = claim === undefined || await accepts.remember(service.id, claim);
      return kept
        ? ok({ answer, notificationId: notification.id, replayed: false })
        : refuse(REVISION_CONFLICT);
    }
    await files?.store(plan);
    const dueAt = notification.delivery?.scheduledFor ?? now;
    const lease = dueAt <= now && dispatcher.hasCapacity(notification.channel)
      ? { token: clock.newId(), until: now + LEASE_MS }
      : undefined;
    const { revision } = service;
    const accepted = await accepts.accept({
      notification,
      revision,
      charges,
      idempotency: claim,
      documents: documents.map(({ id, expiresAt }) => ({ id, expiresAt })),
      dueAt,
      lease,
    });
    if (!accepted) {
      // Others may have taken the last of a limit since it was looked at. Judged by this request's own time: a bucket
      // earns new room while requests contend for it, and they would try until they break.
      const reason = caller.retried ? await findReason(context, idempotency, charges) : undefined;
      return reason ?? refuse(REVISION_CONFLICT);
    }
    counters.charged(service.id, charges);
    if (lease !== undefined) {
      const ref = { serviceId: service.id, notificationId: notification.id };
      const held = { lease: { ref, token: lease.token }, notification, unresolved: false };
      waitUntil(dispatcher.deliver(held, plan.template, service));
    }
    return ok({ answer, notificationId: notification.id, replayed: false });
  }

  return {
    checkRateLimits({ context: { service }, key }, channel) {
      const now = clock.now();
      const rate = rateCharge(service, key.kind, now);
      const charges = key.kind === "test" ? [rate] : [rate, dailyCharge(service, channel, now)];
      return counters.judge(service.id, charges);
    },

    async replayOrRefuse({ context }, idempotency, refusal) {
      if (!idempotency.ok || idempotency.value === undefined || !context.fresh) {
        return refuse(refusal);
      }
      const { earlier } = await findEarlier(context, idempotency.value, []);
      return earlier?.ok === true ? earlier : refuse(refusal);
    },

    async send(caller, request, options) {
      const { idempotency } = options;
      if (idempotency === undefined) return await accept(caller, request, options);
      const name = `${caller.context.service.id} ${idempotency.keyHash}`;
      if (inFlight.has(name)) return refuse({ kind: "idempotency-in-flight" });
      inFlight.add(name);
      try {
        return await accept(caller, request, options);
      } finally {
        inFlight.delete(name);
      }
    },
  };
}
