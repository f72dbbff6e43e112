import type { UnreadableMessage, WorkMessage } from "../delivery/work_message.ts";
import type { ServiceId } from "../ids.ts";
import type { Channel } from "../service/service.ts";

/** How many dead messages are kept: the last ones. The counts go on. */
export const MAX_DEAD_MESSAGES = 100;

/** A message of the work queue that no consumer could handle, without the ids that it named. */
export interface NewDeadMessage {
  /** The queue's id of the message. */
  readonly id: string;
  readonly kind: WorkMessage["kind"] | "unknown";
  /** Absent for a message that cannot be read. */
  readonly serviceId?: ServiceId;
  /** Absent for a message that cannot be read. */
  readonly channel?: Channel;
  /** How many notifications or jobs it named; 0 for a message that cannot be read. */
  readonly ids: number;
  /** `retries`: the queue gave it up after its last retry. Otherwise why it cannot be read. */
  readonly reason: "retries" | UnreadableMessage;
}

/** A dead message as it was recorded. */
export interface DeadMessage extends NewDeadMessage {
  /** When it was recorded, epoch milliseconds. */
  readonly diedAt: number;
}

/** The record of messages that died. Their work is not lost: the cron finds what is due without them. */
export interface DeadMessageStore {
  /** Records messages; one that is recorded already changes nothing. Keeps the last {@link MAX_DEAD_MESSAGES}. */
  record(messages: readonly NewDeadMessage[], now: number): Promise<void>;
  /** Returns the messages that are kept, the last one first, and how many have died in all. */
  read(): Promise<{ readonly messages: readonly DeadMessage[]; readonly count: number }>;
}
