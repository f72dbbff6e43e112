import type { JSX } from "hono/jsx/jsx-runtime";
import type { JobProgress } from "../../../domain/jobs/job.ts";
import type { Service } from "../../../domain/service/service.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";
import { formatNumber } from "../texts/plural.ts";
import { canStop, countGroups, ListProgress } from "./list_progress.tsx";

/** How long a list that was withdrawn can be sent again, in milliseconds. */
const DRAFT_KEPT_MS = DAY_MS;

interface ListPageProps {
  readonly view: View;
  readonly service: Service;
  readonly job: JobProgress;
  readonly now: number;
  /** Whether the reader has sent it. */
  readonly isOwn: boolean;
  /** The name of the colleague who has sent it; `undefined` for the reader, a program, or a person who left the team. */
  readonly authorName: string | undefined;
  readonly maySend: boolean;
  /** Whether a button was pressed when it was too late. */
  readonly isTooLate: boolean;
}

/** A list that is sent: how far it is, who sent it, and what can be done about it. */
export function ListPage(props: ListPageProps): JSX.Element {
  const { view, service, job, isTooLate, maySend } = props;
  const { lists } = view.texts;
  const path = pathOf(PAGES.listProgress, { service_id: service.id, job_id: job.id });
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={job.name}
      here="lists"
      scripts={["progress"]}
    >
      <h1 dir="auto">{job.name}</h1>
      {isTooLate
        ? (
          <Notice>
            <p>{lists.tooLate}</p>
          </Notice>
        )
        : null}
      <Withdrawn {...props} />
      <Paused {...props} />
      {maySend ? <Actions {...props} /> : null}
      <section class="card" aria-label={lists.progress} data-progress={path} aria-live="polite">
        <ListProgress view={view} service={service} job={job} />
      </section>
      <noscript>
        <p class="hint">{lists.reload}</p>
      </noscript>
      <Facts {...props} />
    </ServiceLayout>
  );
}

/** Says that a list was stopped before it began, and leads its author back to it. */
function Withdrawn({ view, service, job, now, isOwn }: ListPageProps): JSX.Element | null {
  if (job.status !== "cancelled" || job.startedAt !== null) return null;
  const { lists } = view.texts;
  const ids = { service_id: service.id, draft_id: job.draftId ?? "" };
  const isKept = isOwn && job.draftId !== undefined && now - job.createdAt < DRAFT_KEPT_MS;
  return (
    <Notice kind="good">
      <p>
        {isKept
          ? <a href={pathOf(PAGES.listDraft, ids)}>{lists.stopped}</a>
          : lists.status.cancelled}
      </p>
    </Notice>
  );
}

function Paused({ view, job }: ListPageProps): JSX.Element | null {
  if (job.status !== "paused") return null;
  const { lists } = view.texts;
  const share = formatNumber(view.language, job.pauseAtFailures ?? 0);
  return (
    <Notice>
      <p>{job.pausedBy === "failures" ? lists.pausedFailures(share) : lists.pausedPerson}</p>
    </Notice>
  );
}

function Actions({ view, service, job }: ListPageProps): JSX.Element | null {
  const { lists } = view.texts;
  const action = pathOf(PAGES.changeList, { service_id: service.id, job_id: job.id });
  const button = (
    name: "stop" | "pause" | "resume" | "cancel",
    kind: "main" | "plain" | "danger",
  ) => (
    <Form view={view} action={action} class="buttons" hidden={{ action: name }}>
      <SubmitButton kind={kind}>{lists[name]}</SubmitButton>
    </Form>
  );
  if (canStop(job)) {
    return (
      <section class="card stack" aria-label={lists.stop}>
        <p>{lists.stopHint}</p>
        {button("stop", "danger")}
      </section>
    );
  }
  const isRunning = ["pending", "scheduled", "in progress"].includes(job.status);
  const isPaused = job.status === "paused";
  const hasWaiting = job.status === "finished" && countGroups(job).waiting > 0;
  if (!isRunning && !isPaused && !hasWaiting) return null;
  return (
    <section class="card stack" aria-label={lists.cancel}>
      <div class="buttons">
        {isPaused ? button("resume", "main") : button("pause", "plain")}
        {button("cancel", "danger")}
      </div>
      <p class="hint">{lists.cancelHint}</p>
    </section>
  );
}

function Facts({ view, service, job, isOwn, authorName }: ListPageProps): JSX.Element {
  const { lists } = view.texts;
  const messages = `${pathOf(PAGES.messages, { service_id: service.id })}?list=${job.id}`;
  const author = isOwn
    ? lists.you
    : job.authorId === undefined
    ? lists.program
    : authorName ?? lists.colleague;
  return (
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">{lists.listTitle}</h2>
      <dl class="facts">
        <div>
          <dt>{lists.fileName}</dt>
          <dd dir="auto">{job.fileName ?? "–"}</dd>
        </div>
        <div>
          <dt>{lists.author}</dt>
          <dd>
            <bdi>{author}</bdi>
          </dd>
        </div>
        <div>
          <dt>{lists.created}</dt>
          <dd>{formatTime(job.createdAt, view.language, service.settings.time_zone)}</dd>
        </div>
        <div>
          <dt>{lists.template}</dt>
          <dd>{job.templateVersion}</dd>
        </div>
      </dl>
      <p class="buttons">
        <a href={messages}>{lists.messages}</a>
      </p>
      {job.leftOut === undefined ? null : <p class="hint">{lists.leftOut(job.leftOut)}</p>}
    </section>
  );
}
