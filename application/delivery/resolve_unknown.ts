import { type AttemptResult, settleAttempt } from "../../domain/delivery/attempt_result.ts";
import { composeInSteps } from "../../domain/delivery/compose_message.ts";
import {
  type Answer,
  type Candidate,
  type Resolution,
  resolveUnknown,
} from "../../domain/delivery/unknown_outcome.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { PerInvocation } from "../../domain/ports/invocation.ts";
import type { Log } from "../../domain/ports/log.ts";
import type { Outbox } from "../../domain/ports/outbox.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";
import { runInSlices } from "../event_loop.ts";
import { ATTEMPT_TIMEOUT_MS, type Attempts, type ReadyNotification } from "./attempts.ts";
import type { ChannelProviders } from "./channel_providers.ts";
import { inOneProcess } from "../work_budget.ts";
import { createConcurrencyLimit } from "./concurrency_limit.ts";
import type { IsolateFailures } from "./isolate_failures.ts";
import { createSearchMessages, type SearchMessages } from "./search_messages.ts";
import { triedSince } from "./tried_since.ts";

/** The dependencies of {@link createUnknownResolution}. */
export interface UnknownResolutionPorts {
  readonly clock: Clock;
  readonly outbox: Pick<Outbox, "adopt" | "listRecorded">;
  readonly receipts: Pick<ReceiptStore, "receive" | "applyUnmatched">;
  readonly log: Log;
  /** The public URL of this deployment, without a trailing slash; links in messages begin with it. */
  readonly publicUrl: string;
  /** Keeps what one invocation waits for apart from others; by default all is one process's. */
  readonly perInvocation?: PerInvocation | undefined;
}

/** The ports with the lookup of providers. */
interface Resolving extends UnknownResolutionPorts {
  readonly providers: Pick<ChannelProviders, "findByName">;
  readonly search: SearchMessages;
}

/**
 * Decides about notifications that have attempts of unknown outcome, before they are sent again: asks the providers of
 * those attempts whether they have the messages. A message that a provider has is recorded as accepted by it; another
 * notification is sent again now, asked about later, or ended. Never rejects: a notification whose work fails is
 * claimed again later.
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
  const { perInvocation = inOneProcess } = ports;
  const resolving: Resolving = {
    ...ports,
    providers,
    search: createSearchMessages(ports.clock, perInvocation),
  };
  /** Equal messages to one recipient are resolved one after the other, so that each is adopted once. */
  const oneByOne = perInvocation(() => createConcurrencyLimit(1));

  /** @returns the notification when it is sent again now */
  async function resolve(
    ready: ReadyNotification,
    signal: AbortSignal,
  ): Promise<ReadyNotification | undefined> {
    const { unknown = [] } = ready;
    if (unknown.length === 0) return ready;
    const answers = await askProviders(resolving, ready, signal);
    let resolution = decide(resolving, ready, answers);
    if (resolution.kind === "adopt") {
      if (await adopt(resolving, ready, resolution.candidates)) return undefined;
      resolution = decide(resolving, ready, answers.map(withoutMessages));
    }
    if (resolution.kind === "settle") await settle(ready.lease, undefined, resolution.result);
    if (resolution.kind !== "send") return undefined;
    const { unresolved, events } = resolution;
    return { ...ready, unresolved, unknown: unresolved ? unknown : [], resolvedBy: events };
  }

  return async (ready) => {
    const signal = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
    const sent = await Promise.all(ready.map(async (item) => {
      const { channel, personal } = item.notification;
      return await isolateFailures(
        item.notification,
        () => oneByOne()(`${channel} ${personal.recipient}`, () => resolve(item, signal)),
      );
    }));
    return sent.filter((item) => item !== undefined);
  };
}

/** Asks every provider that may have the message and can be asked. Messages of other notifications are left out. */
async function askProviders(
  { outbox, providers, search, publicUrl }: Resolving,
  { notification, template, service, unknown = [] }: ReadyNotification,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const asked = [...new Set(unknown.map(({ provider }) => provider))].flatMap((name) => {
    const found = providers.findByName(notification, name)?.search;
    return found === undefined ? [] : [{ name, messageSearch: found }];
  });
  if (asked.length === 0) return [];
  const root = `${publicUrl}/`;
  const message = await runInSlices(composeInSteps(notification, template, service, root));
  return await Promise.all(asked.map(async ({ name, messageSearch }): Promise<Answer> => {
    const starts = unknown.flatMap(({ provider, startedAt }) => provider === name ? startedAt : []);
    const answer = { provider: name, graceMs: messageSearch.graceMs };
    const result = await search(name, messageSearch, message, Math.min(...starts), signal);
    if (result.kind !== "found" || result.messages.length === 0) return { ...answer, result };
    const ids = result.messages.map(({ providerMessageId }) => providerMessageId);
    const recorded = await outbox.listRecorded(name, ids);
    const messages = result.messages.filter((each) => !recorded.has(each.providerMessageId));
    return { ...answer, result: { kind: "found", messages } };
  }));
}

function decide(
  { clock }: Resolving,
  ready: ReadyNotification,
  answers: readonly Answer[],
): Resolution {
  const { notification, unknown = [] } = ready;
  return resolveUnknown({
    unknown,
    answers,
    channel: notification.channel,
    acceptedAt: triedSince(ready),
    now: clock.now(),
    random: clock.random(),
  });
}

/** @returns whether one of the candidates was adopted; another process may have been faster with each */
async function adopt(
  { clock, log, outbox, providers, receipts }: Resolving,
  { lease, notification }: ReadyNotification,
  candidates: readonly Candidate[],
): Promise<boolean> {
  const { channel, serviceId, id, createdAt: acceptedAt, international } = notification;
  for (const { attempt: { number, provider: name }, message } of candidates) {
    const provider = providers.findByName(notification, name);
    const now = clock.now();
    const result = settleAttempt(
      {
        number,
        provider: name,
        channel,
        acceptedAt,
        international,
        unresolved: false,
        polled: provider?.poll !== undefined,
        ...(provider?.pollAfterMs === undefined ? {} : { pollAfterMs: provider.pollAfterMs }),
      },
      message,
      now,
      clock.random(),
    );
    const adopted = await outbox.adopt(lease, name, asFound(result), now);
    if (!adopted.isWritten) continue;
    log({
      event: "unknown-outcome",
      service_id: serviceId,
      notification_id: id,
      channel,
      provider: name,
      outcome: "adopted",
    });
    if (message.receipts !== undefined) await receipts.receive(message.receipts, now);
    if (adopted.hasUnmatchedReceipts) {
      await receipts.applyUnmatched(name, [message.providerMessageId], now);
    }
    return true;
  }
  return false;
}

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
