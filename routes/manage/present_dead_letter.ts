/** Dead letters, and what was done with them, as the management API shows them. */
import type {
  DeadLetter,
  DeadLetterCommand,
  DeadLetterCount,
  SkipReason,
} from "../../domain/dead_letters/dead_letter.ts";

const toIso = (at: number) => new Date(at).toISOString();
const toIsoOrNull = (at: number | null) => at === null ? null : toIso(at);

/** A dead letter in an answer. */
export function presentDeadLetter(letter: DeadLetter): Readonly<Record<string, unknown>> {
  return {
    notification_id: letter.notificationId,
    service_id: letter.serviceId,
    channel: letter.channel,
    provider: letter.provider,
    reason: letter.reason,
    failed_at: toIso(letter.failedAt),
    dropped_at: toIsoOrNull(letter.droppedAt),
    drop_reason: letter.dropReason,
  };
}

/** A count in an answer. */
export function presentCount(
  { channel, provider, reason, messages, oldestFailedAt }: DeadLetterCount,
): Readonly<Record<string, unknown>> {
  return { reason, provider, channel, messages, oldest_failed_at: toIso(oldestFailedAt) };
}

/** The answer to a redrive or a drop of one. */
export function presentResult(
  notificationId: string,
  done: "redriven" | "dropped",
  skip: SkipReason | undefined,
): Readonly<Record<string, unknown>> {
  return {
    notification_id: notificationId,
    result: skip === undefined ? done : "skipped",
    reason: skip ?? null,
  };
}

/** A command over many in an answer. */
export function presentCommand(command: DeadLetterCommand): Readonly<Record<string, unknown>> {
  const { action, filter: { reason, channel, serviceId, provider, from, to } } = command;
  return {
    id: command.id,
    status: command.finishedAt === null ? "in progress" : "finished",
    filter: {
      reason,
      channel,
      service_id: serviceId,
      provider,
      from: from === undefined ? undefined : toIso(from),
      to: to === undefined ? undefined : toIso(to),
    },
    ...(action === "drop" ? { reason: command.reason } : {}),
    matched: command.matched,
    [action === "drop" ? "dropped" : "redriven"]: command.done,
    skipped: command.skipped,
    created_at: toIso(command.createdAt),
    finished_at: toIsoOrNull(command.finishedAt),
    links: { self: `/manage/dead-letters/${action}s/${command.id}` },
  };
}
