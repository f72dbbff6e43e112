import type { ServiceId } from "../../domain/ids.ts";
import { isRate, rateCharge } from "../../domain/sending/limits.ts";
import { contentLength } from "../../domain/notification/notification.ts";
import { type Plan, planNotification } from "../../domain/sending/plan_notification.ts";
import type {
  Accept,
  AcceptStore,
  IdempotencyClaim,
  RecallOfMany,
} from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { SendRequest } from "../../domain/sending/send_request.ts";
import type { SenderDefaults } from "../../domain/service/sender.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import type { TemplateVersion, Translations } from "../../domain/template/template_record.ts";
import type { UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";
import { MAX_CONFLICT_RETRIES } from "./authenticate.ts";
import type { RateLimitCache } from "./rate_limit_cache.ts";
import { IDEMPOTENCY_TTL_MS, type IdempotentRequest } from "./idempotency.ts";
import {
  acceptedVerdict,
  answerToKeep,
  type BatchItemResult,
  EMPTY_RECALL,
  findReplay,
  limitExceeded,
  type Verdict,
} from "./batch_results.ts";
import { ITEMS_BEFORE_YIELD, turn } from "../event_loop.ts";

export type { BatchItemResult } from "./batch_results.ts";

/** How many of a list are handed to the store at once: to a remote one that is a round trip. */
export const LIST_STEP = 500;
/** How long the contents of what is handed over at once are together, in characters; the last may go over. */
export const LIST_STEP_SIZE = 4_000_000;

/** What sending many works with. */
export interface SendBatchPorts {
  readonly clock: Clock;
  readonly accepts: AcceptStore;
  readonly counters: RateLimitCache;
  readonly defaults: SenderDefaults;
  readonly unsubscribes: Pick<UnsubscribeStore, "issueToken">;
  /** Whether inbox messages of a service have readers. */
  readonly hasInbox: (serviceId: ServiceId) => boolean;
  /** Sends what is due now; never rejects. */
  readonly dispatch: () => Promise<void>;
}

/** One of many to send. */
export interface BatchItem {
  readonly request: SendRequest;
  readonly template: TemplateVersion | undefined;
  /** The template's translations in other languages. */
  readonly translations?: Translations | undefined;
  readonly idempotency?: IdempotentRequest | undefined;
  /** The place in the list of the inbox message that calls this one off when it is acknowledged. */
  readonly unlessRead?: number | undefined;
}

/** What many are judged by, read at one time. */
export interface BatchSource {
  readonly context: SendingContext;
  /** The same list in the same order at every reading. */
  readonly items: readonly BatchItem[];
}

/** The way in of many notifications at once, each with its own verdict. */
export interface SendBatch {
  /**
   * Accepts what may be accepted, the first of a list before the last where a limit has room for some only. The list
   * is one request: it is charged to the rate before anything is judged. Where that has no room nothing is accepted: what
   * was accepted before is told again, and all else refused. When it returns, everything accepted is on disk; none is lost where it throws, and a repetition by the same
   * idempotency keys goes on where it stopped.
   *
   * @param load reads what to judge by; again when others have changed it meanwhile. `undefined` ends the judging: what
   * is left is `unjudged`
   * @param present what of an accepted one is kept for its idempotency key, beside its id
   */
  send(
    key: ApiKey,
    load: () => Promise<BatchSource | undefined>,
    waitUntil: (work: Promise<unknown>) => void,
    present?: (plan: Plan) => string,
  ): Promise<readonly Verdict[]>;
  /** Uses the rate, as one request. @returns why it may not */
  admit(key: ApiKey, context: Pick<SendingContext, "service">): Promise<Refusal | undefined>;
  /** What was answered before to each of these keys, where something was, and to the same request. */
  recall(
    serviceId: ServiceId,
    requests: readonly IdempotentRequest[],
  ): Promise<ReadonlyMap<IdempotentRequest, BatchItemResult>>;
}

interface Planned {
  readonly index: number;
  readonly plan: Plan;
  readonly accept: Accept;
}

/** One send of many, through all of its judgements. */
interface Run {
  readonly key: ApiKey;
  readonly verdicts: Map<number, Verdict>;
  readonly present: (plan: Plan) => string;
}

interface Step {
  readonly planned: readonly Planned[];
  readonly refused: readonly { readonly index: number; readonly refusal: Refusal }[];
  /** How many of the list were looked at. */
  readonly length: number;
}

/** Makes the way in of many. */
export function createSendBatch(ports: SendBatchPorts): SendBatch {
  const { clock, accepts, counters, defaults, unsubscribes, hasInbox } = ports;

  async function planOne(
    { key, verdicts, present }: Run,
    context: SendingContext,
    item: BatchItem,
    now: number,
  ): Promise<Result<Omit<Planned, "index">, Refusal>> {
    const { service } = context;
    if (!service.active) return refuse({ kind: "service-archived" });
    const id = clock.newNotificationId();
    const unsubscribeToken = item.template?.unsubscribeLink === true
      ? await unsubscribes.issueToken({ serviceId: service.id, notificationId: id })
      : undefined;
    const planned = planNotification(
      {
        ...context,
        key,
        defaults,
        template: item.template,
        translations: item.translations,
        hasInbox: hasInbox(service.id),
        unsubscribeToken,
      },
      { ...item.request, ...conditionOf(item, verdicts) },
      now,
      id,
    );
    if (!planned.ok) return planned;
    const { notification, charges } = planned.value;
    const dueAt = notification.delivery?.scheduledFor;
    const idempotency: IdempotencyClaim | undefined = item.idempotency && {
      ...item.idempotency,
      expiresAt: now + IDEMPOTENCY_TTL_MS,
      answer: answerToKeep(planned.value, present),
    };
    return ok({
      plan: planned.value,
      accept: {
        notification,
        revision: service.revision,
        charges: charges.filter((charge) => !isRate(charge)),
        idempotency,
        ofList: true,
        lease: undefined,
        ...(dueAt === undefined ? {} : { dueAt }),
      },
    });
  }

  async function planStep(
    run: Run,
    { context, items }: BatchSource,
    indexes: readonly number[],
  ): Promise<Step> {
    // One time for all: what comes first in the list then comes first for the store as well.
    const now = clock.now();
    const planned: Planned[] = [];
    const refused: { index: number; refusal: Refusal }[] = [];
    let length = 0;
    let size = 0;
    for (const index of indexes) {
      if (length === LIST_STEP || size >= LIST_STEP_SIZE) break;
      if (length > 0 && length % ITEMS_BEFORE_YIELD === 0) await turn();
      length++;
      const item = items[index];
      if (item === undefined) continue;
      const one = await planOne(run, context, item, now);
      if (!one.ok) {
        refused.push({ index, refusal: one.refusal });
        continue;
      }
      planned.push({ index, ...one.value });
      size += contentLength(one.value.plan.notification.personal);
    }
    return { planned, refused, length };
  }

  /** Keeps the answers of those for which nothing else happens. @returns those whose key is taken */
  async function rememberAll(
    serviceId: ServiceId,
    planned: readonly Planned[],
    verdicts: Run["verdicts"],
    present: Run["present"],
  ): Promise<readonly Planned[]> {
    const taken: Planned[] = [];
    for (const one of planned) {
      const { index, plan, accept: { idempotency } } = one;
      if (idempotency === undefined || await accepts.remember(serviceId, idempotency)) {
        verdicts.set(index, acceptedVerdict(plan, present));
      } else taken.push(one);
    }
    return taken;
  }

  /** Judges and writes a step of the list. @returns how many it was, and those to be judged again */
  async function step(
    run: Run,
    source: BatchSource,
    indexes: readonly number[],
  ): Promise<{ readonly length: number; readonly again: readonly number[] }> {
    const { verdicts, present } = run;
    const { service } = source.context;
    const { planned, refused, length } = await planStep(run, source, indexes);
    const real = planned.filter(({ plan }) => !plan.smokeTest);
    const notWritten = [
      ...await rememberAll(
        service.id,
        planned.filter(({ plan }) => plan.smokeTest),
        verdicts,
        present,
      ),
    ];
    const accepted = real.length === 0
      ? []
      : await accepts.acceptMany(real.map(({ accept }) => accept));
    for (const [at, one] of real.entries()) {
      if (accepted[at] === true) {
        counters.charged(service.id, one.accept.charges);
        verdicts.set(one.index, acceptedVerdict(one.plan, present));
      } else notWritten.push(one);
    }
    const keyOf = (index: number) => source.items[index]?.idempotency;
    const recalled = await recallAll(
      service.id,
      [...notWritten, ...refused].flatMap(({ index }) => keyOf(index) ?? []),
      notWritten.flatMap(({ accept }) => accept.charges.map(({ scope }) => scope)),
    );
    for (const { index, refusal } of refused) {
      const earlier = findReplay(recalled, keyOf(index));
      verdicts.set(index, earlier?.ok === true ? earlier : refuse(refusal));
    }
    const again: number[] = [];
    for (const { index, accept } of notWritten) {
      const reason = findReplay(recalled, keyOf(index)) ??
        limitExceeded(accept.charges, recalled.counters);
      if (reason === undefined) again.push(index);
      else verdicts.set(index, reason);
    }
    return { length, again };
  }

  async function recallAll(
    serviceId: ServiceId,
    requests: readonly IdempotentRequest[],
    scopes: readonly string[],
  ): Promise<RecallOfMany> {
    if (requests.length === 0 && scopes.length === 0) return EMPTY_RECALL;
    const keyHashes = [...new Set(requests.map(({ keyHash }) => keyHash))];
    const recalled = await accepts.recallMany(
      serviceId,
      keyHashes,
      [...new Set(scopes)],
      clock.now(),
    );
    counters.learnt(serviceId, recalled.counters);
    return recalled;
  }

  /** Judges what is picked of a list. @returns the list */
  async function sendAll(
    run: Run,
    first: BatchSource,
    load: () => Promise<BatchSource | undefined>,
    pick: (item: BatchItem) => boolean,
  ): Promise<void> {
    let source: BatchSource | undefined = first;
    let left = first.items.flatMap((item, index) => pick(item) ? [index] : []);
    for (let judged = 0; judged < MAX_CONFLICT_RETRIES && left.length > 0; judged++) {
      if (judged > 0) source = await load();
      if (source === undefined) break;
      const again: number[] = [];
      for (let from = 0; from < left.length;) {
        const taken = await step(run, source, left.slice(from, from + LIST_STEP));
        again.push(...taken.again);
        from += taken.length;
      }
      left = again;
    }
    for (const index of left) run.verdicts.set(index, refuse({ kind: "unjudged" }));
  }

  async function admit(
    key: ApiKey,
    { service }: Pick<SendingContext, "service">,
  ): Promise<Refusal | undefined> {
    const charges = [rateCharge(service, key.kind, clock.now())];
    const known = counters.judge(service.id, charges);
    if (known !== undefined) return known;
    if (await accepts.charge(service.id, charges)) {
      counters.charged(service.id, charges);
      return undefined;
    }
    const recalled = await recallAll(service.id, [], charges.map(({ scope }) => scope));
    const over = limitExceeded(charges, recalled.counters);
    return over === undefined || over.ok ? undefined : over.refusal;
  }

  /** The verdicts on a list of which nothing more is accepted: as they would be but for that, where it is said again. */
  async function replayOnly(
    run: Run,
    source: BatchSource,
    limit: Refusal,
  ): Promise<readonly Verdict[]> {
    const { context: { service }, items } = source;
    let left: number[] = [];
    for (let from = 0; from < items.length; from += LIST_STEP) {
      const some = items.slice(from, from + LIST_STEP);
      const asked = some.flatMap(({ idempotency }) => idempotency ?? []);
      const recalled = await recallAll(service.id, asked, []);
      for (const [at, { idempotency }] of some.entries()) {
        const earlier = findReplay(recalled, idempotency);
        if (earlier?.ok === true) run.verdicts.set(from + at, earlier);
        else left.push(from + at);
      }
    }
    while (run.verdicts.size > 0 && left.length > 0) {
      const { refused, length } = await planStep(run, source, left.slice(0, LIST_STEP));
      for (const { index, refusal } of refused) run.verdicts.set(index, refuse(refusal));
      left = left.slice(length);
    }
    return items.map((_, index) => run.verdicts.get(index) ?? refuse(limit));
  }

  return {
    admit,
    async send(key, load, waitUntil, present = () => "") {
      const first = await load();
      if (first === undefined) return [];
      const refusal: Refusal | undefined = first.context.service.active
        ? await admit(key, first.context)
        : { kind: "service-archived" };
      const run: Run = { key, present, verdicts: new Map() };
      if (refusal !== undefined) return await replayOnly(run, first, refusal);
      const follows = ({ unlessRead }: BatchItem) => unlessRead !== undefined;
      await sendAll(run, first, load, (item) => !follows(item));
      if (first.items.some(follows)) await sendAll(run, first, load, follows);
      waitUntil(ports.dispatch());
      return first.items.map((_, index) => {
        const verdict = run.verdicts.get(index);
        if (verdict === undefined) throw new Error("one of the list was not judged");
        return verdict;
      });
    },
    async recall(serviceId, requests) {
      const recalled = await recallAll(serviceId, requests, []);
      return new Map(requests.flatMap((request) => {
        const earlier = findReplay(recalled, request);
        return earlier?.ok === true ? [[request, earlier.value] as const] : [];
      }));
    },
  };
}

/** What calls it off, where the message that it follows was accepted; it goes out by itself where that was not. */
function conditionOf(
  { request, unlessRead }: BatchItem,
  verdicts: Run["verdicts"],
): Pick<SendRequest, "delivery"> {
  const followed = unlessRead === undefined ? undefined : verdicts.get(unlessRead);
  if (followed?.ok !== true) return {};
  return { delivery: { ...request.delivery, unlessRead: followed.value.id } };
}
