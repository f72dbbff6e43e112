import { runInSlices } from "../event_loop.ts";
import { type AttemptResult, settleAttempt } from "../../domain/delivery/attempt_result.ts";
import { composeInSteps } from "../../domain/delivery/compose_message.ts";
import type { OutgoingMessage } from "../../domain/delivery/outgoing_message.ts";
import {
  type Answer,
  type Candidate,
  resolveUnknown,
} from "../../domain/delivery/unknown_outcome.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Log } from "../../domain/ports/log.ts";
import type { Outbox } from "../../domain/ports/outbox.ts";
import type { MessageSearch, Provider, SearchResult } from "../../domain/ports/provider.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";
import { ATTEMPT_TIMEOUT_MS, type Attempts, type ReadyNotification } from "./attempts.ts";
import type { ChannelProviders } from "./channel_providers.ts";
import { createConcurrencyLimit } from "./concurrency_limit.ts";
import type { IsolateFailures } from "./isolate_failures.ts";

/** Max questions to one provider at a time about messages of unknown outcome. */
export const MAX_SEARCHES = 4;
/** How long a provider that could not answer is not asked again, in milliseconds, when it does not say how long. */
const SEARCH_PAUSE_MS = 5_000;

/** The dependencies of {@link createUnknownResolution}. */
export interface UnknownResolutionPorts {
  readonly clock: Clock;
  readonly outbox: Pick<Outbox, "adopt" | "listRecorded">;
  readonly receipts: Pick<ReceiptStore, "receive" | "applyUnmatched">;
  readonly log: Log;
  readonly publicUrl: string;
}

/**
 * Resolves the attempts of unknown outcome of notifications before these are sent again: asks the providers whether they
 * have the messages, and records what follows. Never rejects.
 *
 * @returns the notifications that are sent again now
 */
export type ResolveUnknown = (
  ready: readonly ReadyNotification[],
) => Promise<readonly ReadyNotification[]>;

/** Creates the step of the dispatcher that resolves unknown outcomes. */
export function createUnknownResolution(
  ports: UnknownResolutionPorts,
  providers: Pick<ChannelProviders, "findByName">,
  { settle }: Pick<Attempts, "settle">,
  isolateFailures: IsolateFailures,
): ResolveUnknown {
  const { clock, outbox, receipts } = ports;
  const pausedUntil = new Map<string, number>();
  const inSearch = createConcurrencyLimit(MAX_SEARCHES);
  /** Equal messages to one recipient are resolved one after the other, so that each is adopted once. */
  const inTurn = createConcurrencyLimit(1);

  async function ask(
    { name }: Provider,
    search: MessageSearch,
    message: OutgoingMessage,
    since: number,
    signal: AbortSignal,
  ): Promise<SearchResult> {
    const now = clock.now();
    const untilMs = (pausedUntil.get(name) ?? now) - now;
    // A much longer pause than any means that the clock was set back.
    if (untilMs > 0 && untilMs <= MAX_PAUSE_MS) {
      return { kind: "unavailable", code: "paused", afterMs: untilMs };
    }
    if (signal.aborted) return { kind: "unavailable", code: "too-slow" };
    const result = await search.find(message, since, signal).catch((): SearchResult => ({
      kind: "unavailable",
      code: "provider-broken",
    }));
    if (result.kind === "unavailable") {
      pausedUntil.set(
        name,
        clock.now() + Math.min(result.afterMs ?? SEARCH_PAUSE_MS, MAX_PAUSE_MS),
      );
    }
    return result;
  }

  async function answersFor(
    { notification, template, service, unknown = [] }: ReadyNotification,
    signal: AbortSignal,
  ): Promise<readonly Answer[]> {
    const asked = [...new Set(unknown.map(({ provider }) => provider))].flatMap((name) => {
      const provider = providers.findByName(notification, name);
      return provider?.search === undefined ? [] : [{ provider, search: provider.search }];
    });
    if (asked.length === 0) return [];
    const root = `${ports.publicUrl}/`;
    const message = await runInSlices(composeInSteps(notification, template, service, root));
    return await Promise.all(asked.map(async ({ provider, search }) => {
      const starts = unknown.flatMap((attempt) =>
        attempt.provider === provider.name ? attempt.startedAt : []
      );
      const result = await inSearch(
        provider.name,
        () => ask(provider, search, message, Math.min(...starts), signal),
      );
      return { provider: provider.name, graceMs: search.graceMs, result };
    }));
  }

  /** @returns whether one of the candidates was adopted */
  async function adopt(
    { lease, notification }: ReadyNotification,
    candidates: readonly Candidate[],
  ): Promise<boolean> {
    for (const { attempt, message } of candidates) {
      const provider = providers.findByName(notification, attempt.provider);
      const now = clock.now();
      const result = settleAttempt(
        {
          number: attempt.number,
          provider: attempt.provider,
          channel: notification.channel,
          acceptedAt: notification.createdAt,
          international: notification.international,
          unresolved: false,
          polled: provider?.poll !== undefined,
          ...(provider?.pollAfterMs === undefined ? {} : { pollAfterMs: provider.pollAfterMs }),
        },
        message,
        now,
        0,
      );
      const adopted = await outbox.adopt(lease, attempt.provider, asFound(result), now);
      if (!adopted.isWritten) continue;
      if (message.receipts !== undefined) await receipts.receive(message.receipts, now);
      if (adopted.hasUnmatchedReceipts) {
        await receipts.applyUnmatched(attempt.provider, [message.providerMessageId], now);
      }
      return true;
    }
    return false;
  }

  async function withoutRecorded(answers: readonly Answer[]): Promise<readonly Answer[]> {
    return await Promise.all(answers.map(async (answer): Promise<Answer> => {
      const { provider, result } = answer;
      if (result.kind !== "found" || result.messages.length === 0) return answer;
      const ids = result.messages.map(({ providerMessageId }) => providerMessageId);
      const recorded = await outbox.listRecorded(provider, ids);
      const messages = result.messages.filter((message) =>
        !recorded.has(message.providerMessageId)
      );
      return { ...answer, result: { kind: "found", messages } };
    }));
  }

  /** @returns whether the notification is sent again now */
  async function resolve(ready: ReadyNotification, signal: AbortSignal): Promise<boolean> {
    const { lease, notification, unknown = [] } = ready;
    if (unknown.length === 0) return true;
    const answers = await withoutRecorded(await answersFor(ready, signal));
    const decide = (answers: readonly Answer[]) =>
      resolveUnknown({
        unknown,
        answers,
        channel: notification.channel,
        acceptedAt: notification.delivery?.scheduledFor ?? notification.createdAt,
        now: clock.now(),
        random: clock.random(),
      });
    let resolution = decide(answers);
    if (resolution.kind === "adopt") {
      const isAdopted = await adopt(ready, resolution.candidates);
      logResolution(ready, isAdopted ? "adopted" : "taken");
      if (isAdopted) return false;
      resolution = decide(answers.map(withoutMessages));
    }
    if (resolution.kind === "send") return true;
    if (resolution.kind === "settle") await settle(lease, undefined, resolution.result);
    return false;
  }

  function logResolution({ notification }: ReadyNotification, outcome: string): void {
    ports.log({
      event: "unknown-outcome",
      service_id: notification.serviceId,
      notification_id: notification.id,
      channel: notification.channel,
      outcome,
    });
  }

  return async (ready) => {
    const signal = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
    const sent = await Promise.all(ready.map(async (item) => {
      const { channel, personal } = item.notification;
      const isSent = await isolateFailures(
        item.notification,
        () => inTurn(`${channel} ${personal.recipient}`, () => resolve(item, signal)),
      );
      return isSent === true ? [item] : [];
    }));
    return sent.flat();
  };
}

/** The longest time for which a provider is not asked, in milliseconds. */
const MAX_PAUSE_MS = 3_600_000;

function asFound(result: AttemptResult): AttemptResult {
  const events = result.events.map(({ kind, facts }) => ({
    kind,
    facts: { ...facts, code: "found" },
  }));
  return { ...result, events };
}

function withoutMessages(answer: Answer): Answer {
  return answer.result.kind === "found"
    ? { ...answer, result: { kind: "found", messages: [] } }
    : answer;
}
