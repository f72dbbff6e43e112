import type { NotificationId } from "../../domain/ids.ts";
import { isRate, judgeCharges } from "../../domain/limits.ts";
import { type Plan, planNotification } from "../../domain/plan.ts";
import type { Accept, AcceptStore, Clock, SendingContext } from "../../domain/ports.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { SendRequest } from "../../domain/send_request.ts";
import type { SenderDefaults } from "../../domain/sender.ts";
import type { ApiKey } from "../../domain/service.ts";
import type { TemplateVersion } from "../../domain/template_record.ts";
import type { UnsubscribeStore } from "../../domain/unsubscribe_ports.ts";
import { MAX_JUDGEMENTS } from "./callers.ts";
import type { KnownCounters } from "./counters.ts";
import { type IdempotentRequest, KEPT_MS } from "./idempotency.ts";

/** How many of a list are judged and written before anything else gets its turn. */
export const LIST_STEP = 64;

/** What sending many works with. */
export interface SendManyPorts {
  readonly clock: Clock;
  readonly accepts: AcceptStore;
  readonly counters: KnownCounters;
  readonly defaults: SenderDefaults;
  readonly unsubscribes: Pick<UnsubscribeStore, "mint">;
  /** Whether inbox messages of a service have readers. */
  readonly hasInbox: (serviceId: SendingContext["service"]["id"]) => boolean;
  /** Sends what is due now; never rejects. */
  readonly dispatch: () => Promise<void>;
}

/** One of many to send. */
export interface ManyItem {
  readonly request: SendRequest;
  readonly template: TemplateVersion | undefined;
  /** The template's siblings in other languages. */
  readonly siblings?: Readonly<Record<string, TemplateVersion>>;
  readonly idempotency?: IdempotentRequest | undefined;
  /** The place in the list of the inbox message that calls this one off when it is acknowledged. */
  readonly unlessRead?: number | undefined;
}

/** What many are judged by, read at one time. */
export interface ManySource {
  readonly context: SendingContext;
  /** The same list in the same order at every reading. */
  readonly items: readonly ManyItem[];
}

/** One that was accepted, now or before. */
export interface ManySent {
  readonly id: NotificationId;
  /** It was accepted before, by the same idempotency key. */
  readonly replayed: boolean;
}

/** The way in of many notifications at once, each with its own verdict. */
export interface SendMany {
  /**
   * Accepts what may be accepted. When it returns, everything accepted is on disk; none is lost where it throws, and a
   * repetition by the same idempotency keys goes on where it stopped.
   *
   * @param load reads what to judge by; again when others have changed it meanwhile
   */
  send(
    key: ApiKey,
    load: () => Promise<ManySource | undefined>,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<readonly Result<ManySent, Refusal>[]>;
}

interface Planned {
  readonly index: number;
  readonly plan: Plan;
  readonly accept: Accept;
}

type Verdicts = Map<number, Result<ManySent, Refusal>>;

/** Makes the way in of many. */
export function createSendMany(ports: SendManyPorts): SendMany {
  const { clock, accepts, counters, defaults, unsubscribes, hasInbox } = ports;

  async function planOne(
    key: ApiKey,
    { context, items }: ManySource,
    index: number,
    verdicts: Verdicts,
  ): Promise<Result<Planned, Refusal> | undefined> {
    const item = items[index];
    if (item === undefined) return undefined;
    const { service } = context;
    const now = clock.now();
    const id = clock.newNotificationId();
    const unsubscribeToken = item.template?.unsubscribeLink === true
      ? await unsubscribes.mint({ serviceId: service.id, notificationId: id })
      : undefined;
    const planned = planNotification(
      {
        ...context,
        key,
        defaults,
        template: item.template,
        siblings: item.siblings,
        hasInbox: hasInbox(service.id),
        unsubscribeToken,
      },
      { ...item.request, ...conditionOf(item, verdicts) },
      now,
      id,
    );
    if (!planned.ok) return planned;
    const { notification, charges } = planned.value;
    return ok({
      index,
      plan: planned.value,
      accept: {
        notification,
        revision: service.revision,
        // A list is one request.
        charges: index === 0 ? charges : charges.filter((charge) => !isRate(charge)),
        idempotency: item.idempotency === undefined
          ? undefined
          : { ...item.idempotency, expiresAt: now + KEPT_MS, answer: id },
        ofList: true,
        lease: undefined,
        ...(notification.delivery?.scheduledFor === undefined
          ? {}
          : { dueAt: notification.delivery.scheduledFor }),
      },
    });
  }

  /** What was accepted before by the same key, or why the store would not take it; `undefined`: judge it again. */
  async function findReason(
    { context, items }: ManySource,
    index: number,
    charges: Accept["charges"],
  ): Promise<Result<ManySent, Refusal> | undefined> {
    const idempotency = items[index]?.idempotency;
    const scopes = charges.map(({ scope }) => scope);
    const { earlier, counters: values } = await accepts.recall(
      context.service.id,
      idempotency?.keyHash,
      scopes,
      clock.now(),
    );
    counters.learnt(context.service.id, values);
    if (earlier !== undefined) {
      return earlier.requestHash === idempotency?.requestHash
        ? ok({ id: earlier.answer as NotificationId, replayed: true })
        : refuse({ kind: "idempotency-key-reused" });
    }
    const over = judgeCharges(charges, (scope) => values.get(scope) ?? 0);
    return over === undefined ? undefined : refuse(over);
  }

  /** Judges and writes a step of the list. @returns those to be judged again */
  async function step(
    key: ApiKey,
    source: ManySource,
    indexes: readonly number[],
    verdicts: Verdicts,
  ): Promise<readonly number[]> {
    const planned: Planned[] = [];
    for (const index of indexes) {
      const one = await planOne(key, source, index, verdicts);
      if (one === undefined) continue;
      if (one.ok) planned.push(one.value);
      else {
        const earlier = source.items[index]?.idempotency === undefined
          ? undefined
          : await findReason(source, index, []);
        verdicts.set(index, earlier ?? one);
      }
    }
    const real = planned.filter(({ plan }) => !plan.smokeTest);
    for (const { index, plan } of planned) {
      if (plan.smokeTest) verdicts.set(index, ok({ id: plan.notification.id, replayed: false }));
    }
    const accepted = await accepts.acceptMany(real.map(({ accept }) => accept));
    const again: number[] = [];
    for (const [at, { index, accept }] of real.entries()) {
      if (accepted[at] === true) {
        counters.charged(source.context.service.id, accept.charges);
        verdicts.set(index, ok({ id: accept.notification.id, replayed: false }));
        continue;
      }
      const reason = await findReason(source, index, accept.charges);
      if (reason === undefined) again.push(index);
      else verdicts.set(index, reason);
    }
    return again;
  }

  async function sendAll(
    key: ApiKey,
    load: () => Promise<ManySource | undefined>,
    pick: (item: ManyItem) => boolean,
    verdicts: Verdicts,
  ): Promise<readonly ManyItem[]> {
    let source = await load();
    let left = source?.items.flatMap((item, index) => pick(item) ? [index] : []) ?? [];
    for (let judged = 0; judged < MAX_JUDGEMENTS; judged++) {
      const again: number[] = [];
      for (let from = 0; source !== undefined && from < left.length; from += LIST_STEP) {
        again.push(...await step(key, source, left.slice(from, from + LIST_STEP), verdicts));
      }
      left = again;
      if (left.length === 0 || source === undefined) return source?.items ?? [];
      source = await load();
    }
    throw new Error("the service kept changing while a request to it was judged");
  }

  return {
    async send(key, load, waitUntil) {
      const verdicts: Verdicts = new Map();
      const follows = ({ unlessRead }: ManyItem) => unlessRead !== undefined;
      const items = await sendAll(key, load, (item) => !follows(item), verdicts);
      if (items.some(follows)) await sendAll(key, load, follows, verdicts);
      waitUntil(ports.dispatch());
      return items.map((_, index) => {
        const verdict = verdicts.get(index);
        if (verdict === undefined) throw new Error("one of the list was not judged");
        return verdict;
      });
    },
  };
}

/** What calls it off, where the message that it follows was accepted; it goes out by itself where that was not. */
function conditionOf(
  { request, unlessRead }: ManyItem,
  verdicts: Verdicts,
): Pick<SendRequest, "delivery"> {
  const followed = unlessRead === undefined ? undefined : verdicts.get(unlessRead);
  if (followed?.ok !== true) return {};
  return { delivery: { ...request.delivery, unlessRead: followed.value.id } };
}
