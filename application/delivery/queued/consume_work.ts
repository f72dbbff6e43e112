/** Does the work that messages of the work queue name. */
import {
  type JobMessage,
  parseWorkMessage,
  type SendMessage,
  type UnreadableMessage,
  type WorkMessage,
} from "../../../domain/delivery/work_message.ts";
import { errorName } from "../../../domain/text/error_name.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { DeadMessageStore } from "../../../domain/ports/dead_message_store.ts";
import type { WorkBudget } from "../../../domain/ports/invocation.ts";
import type { Log } from "../../../domain/ports/log.ts";
import { SECOND_MS } from "../../../domain/time/durations.ts";
import type { JobRunner } from "../../jobs/job_runner.ts";
import { sleep } from "../../sleep.ts";
import { A_CHUNK, suffices, UNLIMITED } from "../../work_budget.ts";
import type { Dispatcher } from "../dispatcher.ts";
import type { ProviderHealth } from "../provider_health.ts";
import { alternate } from "./alternate.ts";
import { PARTS_AT_ONCE, type WorkAnnouncer } from "./announce_work.ts";

/** How long a message of a newer version waits for a consumer that reads it, in seconds: a deployment is under way. */
export const NEWER_VERSION_RETRY_S = 60;
/** How long a job's message waits while another worker has the job, or its part has failed, in seconds. */
export const JOB_RETRY_S = 5;
/** How long a message waits after its first failure, in seconds; after each further failure twice as long. */
export const FAILURE_RETRY_S = 5;
/** The longest wait of a message, in seconds. */
export const MAX_RETRY_S = 600;
/** The longest time, in milliseconds, that a consumer itself waits for a provider; for longer the queue does. */
export const MAX_WAIT_HERE_MS = 5 * SECOND_MS;
/** How long a consumer waits for the capacity of its process before it looks again, in milliseconds. */
const BUSY_WAIT_MS = 200;
/**
 * How many times a message whose providers are held back is delivered. Then its rows are left to the cron, so that an
 * outage of a provider makes no dead messages.
 */
export const MAX_HELD_DELIVERIES = 5;

/** A message of the queue, as a consumer received it. */
export interface ReceivedMessage {
  /** The queue's own id of the message: the same for each delivery of it. */
  readonly id: string;
  readonly body: unknown;
  /** How often it was delivered, this time included. */
  readonly attempts: number;
  /** Acknowledges the message: the queue does not deliver it again. */
  ack(): void;
  /** Asks the queue to deliver the message again after `delayS`, in whole seconds. */
  retry(delayS: number): void;
}

/** The dependencies of {@link createWorkConsumer}. */
export interface WorkConsumerPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly dispatcher: Pick<Dispatcher, "dispatchListed" | "resumesAt">;
  readonly jobs: Pick<JobRunner, "runPart">;
  readonly health: Pick<ProviderHealth, "refresh">;
  readonly announcer: WorkAnnouncer;
  readonly deadMessages: Pick<DeadMessageStore, "record">;
  /** What the invocation that consumes may still do; without limits by default. */
  readonly budget?: WorkBudget | undefined;
}

/** Consumes messages of the work queue and of its dead-letter queue. */
export interface WorkConsumer {
  /**
   * Does the work of a batch of messages. It acknowledges each message when its work has ended, or asks the queue to
   * deliver it again. A failure of one message does not affect the others. Never rejects.
   *
   * @param signal when it is aborted no further work begins
   */
  consume(messages: readonly ReceivedMessage[], signal: AbortSignal): Promise<void>;
  /** Records messages that the queue has given up, for `/manage/queues/dead`. Never rejects. */
  recordDead(messages: readonly ReceivedMessage[]): Promise<void>;
}

/** A message that could be read, with the means to end it. */
interface ReadMessage<M extends WorkMessage = WorkMessage> {
  readonly received: ReceivedMessage;
  readonly message: M;
}

/** Creates the consumer of a process. */
export function createWorkConsumer(ports: WorkConsumerPorts): WorkConsumer {
  const { clock, log, dispatcher, health, jobs, announcer, deadMessages, budget = UNLIMITED } =
    ports;

  async function recordRefused(
    received: ReceivedMessage,
    reason: UnreadableMessage,
  ): Promise<void> {
    log({ event: "queue-message-refused", message_id: received.id, reason });
    if (reason === "newer-version") return received.retry(NEWER_VERSION_RETRY_S);
    try {
      await deadMessages.record([{ ...deadOf(received), reason }], clock.now());
      received.ack();
    } catch {
      received.retry(retryDelayS(received.attempts));
    }
  }

  function readMessages(messages: readonly ReceivedMessage[]) {
    const read: ReadMessage[] = [];
    const refused: Promise<void>[] = [];
    for (const received of messages) {
      const parsed = parseWorkMessage(received.body);
      if (!parsed.ok) {
        refused.push(recordRefused(received, parsed.refusal));
        continue;
      }
      const { message, invalidIds } = parsed.value;
      if (invalidIds > 0) {
        log({ event: "queue-ids-invalid", message_id: received.id, ids: invalidIds });
      }
      read.push({ received, message });
    }
    return { read, refused };
  }

  /**
   * Puts a copy of a message whose work the invocation had no time for into the queue, so that the message itself can be
   * acknowledged: a retry would count as one of its deliveries, whose number is limited.
   *
   * @returns when to deliver the message itself again, in seconds: 0 when the copy was not put, `undefined` for never
   */
  async function putAgain(message: WorkMessage): Promise<number | undefined> {
    return await announcer.putAgain([message]) ? undefined : 0;
  }

  /** Sends the notifications of a message. @returns when to deliver it again, in seconds; `undefined` for never */
  async function send(
    { received, message }: ReadMessage<SendMessage>,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { service: serviceId, channel, ids } = message;
    for (let from = 0; from < ids.length;) {
      const left = ids.slice(from);
      if (signal.aborted) return await putAgain({ ...message, ids: left });
      const pass = await dispatcher.dispatchListed({ serviceId, channel, ids: left });
      await pass.ended;
      from += pass.handled;
      if (pass.waits === "spent") return await putAgain({ ...message, ids: left });
      if (pass.waits === "busy") await sleep(BUSY_WAIT_MS, signal);
      if (pass.waits !== "held") continue;
      const at = dispatcher.resumesAt(channel);
      // A person has paused the providers, or they are held back again and again: the cron looks each minute.
      if (at === undefined) return undefined;
      const waitMs = Math.max(at - clock.now(), 0);
      if (waitMs <= MAX_WAIT_HERE_MS) await sleep(waitMs, signal);
      else if (received.attempts >= MAX_HELD_DELIVERIES) return undefined;
      else return Math.min(Math.ceil(waitMs / SECOND_MS), MAX_RETRY_S);
    }
    return undefined;
  }

  /** Accepts the rows of a job's part. @returns when to deliver the message again, in seconds; `undefined` for never */
  async function acceptPart(
    { message }: ReadMessage<JobMessage>,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    if (signal.aborted || !suffices(budget, A_CHUNK)) return await putAgain(message);
    const { service: serviceId, channel, ids: [id], part } = message;
    const result = await jobs.runPart({ serviceId, jobId: id, part }, signal);
    switch (result.kind) {
      case "absent":
        return undefined;
      case "busy":
        return JOB_RETRY_S;
      case "stopped":
        return signal.aborted ? await putAgain(message) : JOB_RETRY_S;
      case "accepted": {
        const accepted = result.notificationIds.map((notificationId) => ({
          serviceId,
          channel,
          notificationId,
        }));
        await announcer.announceNextPart({ serviceId, id, channel }, part, accepted);
        return undefined;
      }
    }
  }

  /** Handles a message, and ends it or asks for it again. */
  async function handle<M extends WorkMessage>(
    read: ReadMessage<M>,
    work: (read: ReadMessage<M>, signal: AbortSignal) => Promise<number | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    const { received, message: { kind } } = read;
    try {
      const delayS = await work(read, signal);
      if (delayS === undefined) received.ack();
      else received.retry(delayS);
    } catch (error) {
      const name = errorName(error);
      log({ event: "queue-message-failed", message_id: received.id, kind, error: name });
      received.retry(retryDelayS(received.attempts));
    }
  }

  /** Handles the messages one after another. Services alternate, so that none waits for all messages of another. */
  async function sendInTurn(
    messages: readonly ReadMessage<SendMessage>[],
    signal: AbortSignal,
  ): Promise<void> {
    const byService = Map.groupBy(messages, ({ message: { service } }) => service);
    for (const read of alternate([...byService.values()])) await handle(read, send, signal);
  }

  /** Handles the messages of jobs, {@link PARTS_AT_ONCE} of them at a time. */
  async function acceptParts(
    messages: readonly ReadMessage<JobMessage>[],
    signal: AbortSignal,
  ): Promise<void> {
    const left = [...messages];
    const runOne = async () => {
      for (let read = left.shift(); read !== undefined; read = left.shift()) {
        await handle(read, acceptPart, signal);
      }
    };
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, runOne));
  }

  return {
    async consume(messages, signal) {
      const { read, refused } = readMessages(messages);
      // An isolate may have slept since a person paused a provider.
      if (read.length > 0) await health.refresh();
      const sends = read.filter(isSend);
      const byChannel = Map.groupBy(sends, ({ message: { channel } }) => channel);
      await Promise.all([
        ...refused,
        acceptParts(read.filter(isJob), signal),
        // A slow channel delays no other.
        ...Array.from(byChannel.values(), (group) => sendInTurn(group, signal)),
      ]);
    },
    async recordDead(messages) {
      try {
        await deadMessages.record(
          messages.map((received) => ({ ...deadOf(received), reason: "retries" })),
          clock.now(),
        );
      } catch (error) {
        const name = errorName(error);
        log({ event: "dead-messages-failed", messages: messages.length, error: name });
        for (const received of messages) received.retry(retryDelayS(received.attempts));
        return;
      }
      for (const received of messages) {
        const { kind, ids } = deadOf(received);
        log({ event: "queue-message-died", message_id: received.id, kind, ids });
        received.ack();
      }
    },
  };
}

function isSend(read: ReadMessage): read is ReadMessage<SendMessage> {
  return read.message.kind === "send";
}

function isJob(read: ReadMessage): read is ReadMessage<JobMessage> {
  return read.message.kind === "job";
}

/** Doubles with each delivery, from {@link FAILURE_RETRY_S} to {@link MAX_RETRY_S}. */
function retryDelayS(attempts: number): number {
  return Math.min(FAILURE_RETRY_S * 2 ** Math.max(attempts - 1, 0), MAX_RETRY_S);
}

/** Returns the record of a dead message: what it named, or only its id where it cannot be read. */
function deadOf({ id, body }: ReceivedMessage) {
  const parsed = parseWorkMessage(body);
  if (!parsed.ok) return { id, kind: "unknown", ids: 0 } as const;
  const { kind, service, channel, ids } = parsed.value.message;
  return { id, kind, serviceId: service, channel, ids: ids.length } as const;
}
