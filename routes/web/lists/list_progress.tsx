import type { JSX } from "hono/jsx/jsx-runtime";
import type { JobProgress } from "../../../domain/jobs/job.ts";
import type { JobStatus } from "../../../domain/jobs/status.ts";
import type { Status } from "../../../domain/notification/status.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { formatWeekdayTime } from "../texts/dates.ts";
import { formatNumber } from "../texts/plural.ts";

/** What the progress of a list counts together. */
const GROUPS = {
  waiting: ["created"],
  sending: ["sending", "pending"],
  delivered: ["delivered", "sent"],
  failed: ["permanent-failure", "temporary-failure", "technical-failure"],
  cancelled: ["cancelled", "expired"],
} as const satisfies Readonly<Record<string, readonly Status[]>>;

type Group = keyof typeof GROUPS;

const GROUP_NAMES: readonly Group[] = ["waiting", "sending", "delivered", "failed", "cancelled"];

/** The statuses of which rows that are not messages yet are never sent. */
const OVER: readonly JobStatus[] = ["cancelled", "error", "sending limits exceeded"];

/** Whether a list can be withdrawn whole: nothing of it has begun. */
export function canStop({ status, startedAt, draftId }: JobProgress): boolean {
  return draftId !== undefined && startedAt === null &&
    (status === "scheduled" || status === "pending");
}

/** The number of messages of each group. */
export function countGroups(
  { counts, rows, status }: JobProgress,
): Readonly<Record<Group, number>> {
  const sumOf = (statuses: readonly Status[]) =>
    statuses.reduce((sum, one) => sum + (counts[one] ?? 0), 0);
  const accepted = Object.values(counts).reduce((sum: number, one = 0) => sum + one, 0);
  const outstanding = OVER.includes(status) ? 0 : Math.max(rows - accepted, 0);
  return {
    waiting: outstanding + sumOf(GROUPS.waiting),
    sending: sumOf(GROUPS.sending),
    delivered: sumOf(GROUPS.delivered),
    failed: sumOf(GROUPS.failed),
    cancelled: sumOf(GROUPS.cancelled),
  };
}

const TAGS: Readonly<Partial<Record<JobStatus, "good" | "bad" | "trial">>> = {
  finished: "good",
  paused: "trial",
  cancelled: "bad",
  error: "bad",
  "sending limits exceeded": "bad",
};

/** How far a list is. The script `progress` reads it again, until it has ended. */
export function ListProgress(
  { view, service, job }: {
    readonly view: View;
    readonly service: Service;
    readonly job: JobProgress;
  },
): JSX.Element {
  const { lists } = view.texts;
  const groups = countGroups(job);
  const isEnded = groups.waiting + groups.sending === 0 && job.status !== "paused" ||
    OVER.includes(job.status);
  const ended = groups.delivered + groups.failed + groups.cancelled;
  const all = Math.max(job.rows, 1);
  const number = (n: number) => formatNumber(view.language, n);
  const isToCome = job.startedAt === null && job.scheduledFor !== null &&
    !OVER.includes(job.status);
  return (
    <div
      class="stack"
      data-state={`${job.status} ${canStop(job)}`}
      data-ended={isEnded ? "" : undefined}
    >
      <p>
        <Tag kind={TAGS[job.status] ?? "plain"}>{lists.status[job.status]}</Tag>{" "}
        {isToCome && job.scheduledFor !== null
          ? lists.begins(
            formatWeekdayTime(job.scheduledFor, view.language, service.settings.time_zone),
            service.settings.time_zone,
          )
          : null}
      </p>
      <progress max={all} value={ended} aria-label={lists.progress}></progress>
      <p>{lists.done(number(ended), number(job.rows))}</p>
      <dl class="facts">
        {GROUP_NAMES.map((name) => (
          <div key={name}>
            <dt>{lists.counts[name]}</dt>
            <dd>{number(groups[name])}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
