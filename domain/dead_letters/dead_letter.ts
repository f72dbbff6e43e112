/**
 * Dead letters: notifications that ended as `technical-failure`. The operator puts them back to be sent (redrive) once
 * the cause is mended, or drops them.
 */
import type { Brand, NotificationId, ServiceId } from "../ids.ts";
import { parseUuid } from "../ids.ts";
import type { Channel } from "../service/service.ts";
import { DAY_MS } from "../time/durations.ts";

/** The most dead letters on a page of the list. */
export const MAX_DEAD_LETTERS_LISTED = 100;
/** The most dead letters that one page of the list looks at: with a filter it may have fewer, and another follows. */
export const MAX_DEAD_LETTERS_SCANNED = 10_000;
/** The most dead letters that are counted by reason, the newest ones. Of more, the counts are lower bounds. */
export const MAX_DEAD_LETTERS_COUNTED = 100_000;
/** How often one notification is put back to be sent at most: its timeline grows with each. */
export const MAX_REDRIVES = 10;
/** The most commands over many dead letters that may be under way; a further one is refused. */
export const MAX_COMMANDS_UNDER_WAY = 10;
/** How long a command is kept after its end, in milliseconds. */
export const COMMANDS_KEPT_MS = 90 * DAY_MS;

/** A notification that ended as `technical-failure`. Times are epoch milliseconds. */
export interface DeadLetter {
  readonly notificationId: NotificationId;
  readonly serviceId: ServiceId;
  readonly channel: Channel;
  /** The provider whose answer or report ended it; `null` when none was called. */
  readonly provider: string | null;
  /** The code of the provider, or Hark's own, such as `provider-unavailable`. */
  readonly reason: string;
  readonly failedAt: number;
  /** When the operator dropped it; `null` while it may be redriven. */
  readonly droppedAt: number | null;
  /** Why the operator dropped it; `null` while it may be redriven. */
  readonly dropReason: string | null;
}

/** Which dead letters are meant. Absent fields match all. */
export interface DeadLetterFilter {
  readonly reason?: string;
  readonly channel?: Channel;
  readonly serviceId?: ServiceId;
  readonly provider?: string;
  /** Failed at this time or later, epoch milliseconds. */
  readonly from?: number;
  /** Failed before this time, epoch milliseconds. */
  readonly to?: number;
}

/** How many dead letters failed for one reason, on one channel and at one provider. */
export interface DeadLetterCount extends Pick<DeadLetter, "channel" | "provider" | "reason"> {
  readonly messages: number;
  /** When the first of them failed, epoch milliseconds. */
  readonly oldestFailedAt: number;
}

/**
 * Why a notification is neither redriven nor dropped.
 *
 * - `deleted`: there is no such notification, or its retention period is over.
 * - `not-failed`: its status is not `technical-failure`: a provider reported on it meanwhile, or it was redriven.
 * - `dropped`: the operator has dropped it.
 * - `expired`: its `valid_until` has passed.
 * - `suppressed`: its recipient may not be sent to any more.
 * - `under-way`: a worker is still recording its last attempt.
 * - `redriven-too-often`: it was redriven {@link MAX_REDRIVES} times.
 */
export const SKIP_REASONS = [
  "deleted",
  "not-failed",
  "dropped",
  "expired",
  "suppressed",
  "under-way",
  "redriven-too-often",
] as const;
/** One of {@link SKIP_REASONS}. */
export type SkipReason = typeof SKIP_REASONS[number];

/** What an operator does with dead letters. */
export const DEAD_LETTER_ACTIONS = ["redrive", "drop"] as const;
/** One of {@link DEAD_LETTER_ACTIONS}. */
export type DeadLetterAction = typeof DEAD_LETTER_ACTIONS[number];

/** The id of a {@link DeadLetterCommand}. */
export type CommandId = Brand<string, "CommandId">;

/** Parses the id of a command: any spelling of a UUID. @returns its canonical form; `undefined` for other values */
export function parseCommandId(value: unknown): CommandId | undefined {
  return parseUuid(value) as CommandId | undefined;
}

/** A command over all dead letters of a filter that were there when it was given. Times are epoch milliseconds. */
export interface DeadLetterCommand {
  readonly id: CommandId;
  readonly action: DeadLetterAction;
  readonly filter: DeadLetterFilter;
  /** Why they are dropped; `null` for a redrive. */
  readonly reason: string | null;
  /**
   * How many dead letters the filter matched when the command was given; `null` when there were more than
   * {@link MAX_DEAD_LETTERS_COUNTED} of all.
   */
  readonly matched: number | null;
  /** How many were redriven or dropped so far. */
  readonly done: number;
  /**
   * How many were skipped, by reason. At the end `not-failed` has also those that were no dead letters any more when
   * their turn came, if `matched` is known.
   */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  readonly createdAt: number;
  /** When it ended; `null` while it is under way. */
  readonly finishedAt: number | null;
}

/** The longest reason of a drop, in characters. */
export const MAX_DROP_REASON = 60;
/** A reason of a drop: words of lower-case letters and digits, with hyphens between them. */
export const DROP_REASON = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
