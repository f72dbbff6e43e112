import type { NewAuditEntry } from "../accounts/audit.ts";
import type {
  CommandId,
  DeadLetter,
  DeadLetterAction,
  DeadLetterCommand,
  DeadLetterCount,
  DeadLetterFilter,
  SkipReason,
} from "../dead_letters/dead_letter.ts";
import type { NotificationId, NotificationRef } from "../ids.ts";

/** A page of dead letters. */
export interface DeadLetterPage {
  readonly deadLetters: readonly DeadLetter[];
  /** The `olderThan` of the next page, which may have fewer than asked for or none; `undefined` at the end. */
  readonly next: NotificationId | undefined;
}

/** A command over the dead letters of a filter, as the operator gives it. */
export interface NewDeadLetterCommand {
  readonly id: CommandId;
  readonly action: DeadLetterAction;
  readonly filter: DeadLetterFilter;
  /** Why they are dropped; `null` for a redrive. */
  readonly reason: string | null;
}

/**
 * Stores the notifications that ended as `technical-failure`, for operators. Times are epoch milliseconds.
 *
 * A redrive moves a notification back to `created` and into the outbox, in one transaction: its counts, its event, and
 * the counts of its job move with it, and nothing is charged. Its attempts go on counting, and its 72 hours of tries
 * begin anew. A notification that may not be redriven stays as it is, so a repeated call changes nothing. `audit` is the
 * entry of the audit log that is appended in the same batch, when something was changed.
 */
export interface DeadLetterStore {
  /**
   * Lists dead letters, the last accepted first.
   *
   * @param page `olderThan` is the notification id with which the page before ended
   */
  list(
    filter: DeadLetterFilter,
    page: {
      readonly isDropped: boolean;
      readonly olderThan: NotificationId | undefined;
      readonly limit: number;
    },
  ): Promise<DeadLetterPage>;
  /**
   * Counts the dead letters that were not dropped, the largest count first: at most the newest
   * `MAX_DEAD_LETTERS_COUNTED`.
   */
  count(): Promise<{ readonly counts: readonly DeadLetterCount[]; readonly isComplete: boolean }>;
  /** Finds the notification with an id, whatever its status. It looks into each service. */
  find(notificationId: NotificationId): Promise<NotificationRef | undefined>;
  /** Redrives one notification. @returns why it was not; `undefined` when it was */
  redrive(
    ref: NotificationRef,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<SkipReason | undefined>;
  /** Drops one dead letter. @returns why it was not; `undefined` when it was */
  drop(
    ref: NotificationRef,
    reason: string,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<SkipReason | undefined>;
  /**
   * Stores a command over the dead letters of a filter that failed before `now`. {@link takeStep} carries it out.
   *
   * @returns the stored command; the one under way that is equal to it, if there is one; `undefined` when
   * `MAX_COMMANDS_UNDER_WAY` are under way
   */
  command(
    command: NewDeadLetterCommand,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<DeadLetterCommand | undefined>;
  /** Reads a command; `undefined` when there is none with this id. */
  getCommand(id: CommandId): Promise<DeadLetterCommand | undefined>;
  /**
   * Takes the next step of the oldest command that is under way: a bounded number of dead letters, with the command's
   * progress in the same transaction. So a step that a crash interrupts is taken again as a whole, and of two processes
   * that take the same step one changes nothing.
   *
   * @returns whether a command is under way
   */
  takeStep(now: number): Promise<boolean>;
}
