import type { PagePosition } from "../../../domain/ports/page_position.ts";
import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Member } from "../../../domain/accounts/roles.ts";
import { type JobId, parseJobId } from "../../../domain/ids.ts";
import type { JobProgress } from "../../../domain/jobs/job.ts";
import { STATUSES } from "../../../domain/notification/status.ts";
import type { Service } from "../../../domain/service/service.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { pageOf, readPosition } from "../components/page_of_rows.ts";
import { Pagination } from "../components/pagination.tsx";
import { Table } from "../components/table.tsx";
import { Tag } from "../components/tag.tsx";
import { serviceOf, type View, type WebEnv } from "../context.ts";
import { STATE_NAMES, STATES } from "../messages/message_filter.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";
import { numberFormat } from "../texts/plural.ts";

/** How many lists a page shows. */
const PAGE_LISTS = 50;

interface JobListPageProps {
  readonly view: View;
  readonly service: Service;
  readonly jobs: readonly JobProgress[];
  readonly people: readonly Member[];
  readonly page: PagePosition<JobId>;
}

/** The lists of a service with what became of their messages, newest first. */
function JobListPage({ view, service, jobs, people, page }: JobListPageProps): JSX.Element {
  const { jobList: words } = view.texts;
  const { texts, language } = view;
  const ids = { service_id: service.id };
  const format = numberFormat(language);
  const authorOf = ({ authorId }: JobProgress) =>
    authorId === undefined
      ? words.program
      : people.find(({ userId }) => userId === authorId)?.name ?? words.formerUser;
  return (
    <ServiceLayout view={view} service={service} title={words.title} here="lists">
      <h1>{words.title}</h1>
      <section class="card" aria-label={words.title}>
        {jobs.length === 0
          ? (
            <>
              <p>{words.none}</p>
              <p class="quiet">{words.noneText}</p>
            </>
          )
          : (
            <Table
              rows={jobs}
              keyOf={({ id }) => id}
              columns={[
                {
                  label: words.list,
                  kind: "name",
                  cell: ({ id, name, fileName }) => (
                    <>
                      <a href={pathOf(PAGES.list, { ...ids, job_id: id })}>{name}</a>
                      {fileName === null || fileName === name
                        ? null
                        : <div class="hint" dir="auto">{fileName}</div>}
                    </>
                  ),
                },
                {
                  label: words.progress,
                  cell: (job) => (
                    <>
                      <Tag kind={job.status === "error" ? "bad" : "plain"}>
                        {texts.jobStatuses[job.status]}
                      </Tag>
                      <div class="hint">
                        {texts.outcomes.progress(
                          format.format(acceptedOf(job)),
                          format.format(job.rows),
                        )}
                      </div>
                    </>
                  ),
                },
                {
                  label: words.states,
                  cell: (job) => <States view={view} service={service} job={job} />,
                },
                {
                  label: words.sentBy,
                  cell: (job) => (
                    <>
                      <bdi>{authorOf(job)}</bdi>
                      <div class="hint">
                        {formatTime(job.createdAt, language, service.settings.time_zone)}
                      </div>
                    </>
                  ),
                },
                {
                  label: words.results,
                  cell: ({ id, name }) => (
                    <a
                      href={`${pathOf(PAGES.messagesCsv, ids)}?list=${id}`}
                      aria-label={words.resultsOf(name)}
                    >
                      CSV
                    </a>
                  ),
                },
              ]}
            />
          )}
      </section>
      <Pagination view={view} path={pathOf(PAGES.lists, ids)} page={page} />
    </ServiceLayout>
  );
}

function acceptedOf({ counts }: JobProgress): number {
  return STATUSES.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
}

/** The states of a list's messages, each a link to them. */
function States(
  { view, service, job }: {
    readonly view: View;
    readonly service: Service;
    readonly job: JobProgress;
  },
): JSX.Element {
  const path = pathOf(PAGES.messages, { service_id: service.id });
  const format = numberFormat(view.language);
  const states = STATE_NAMES.map((state) => ({
    state,
    number: STATES[state].reduce((sum, status) => sum + (job.counts[status] ?? 0), 0),
  })).filter(({ number }) => number > 0);
  return (
    <>
      {states.map(({ state, number }) => (
        <div key={state}>
          <a href={`${path}?${new URLSearchParams({ state, list: job.id })}`}>
            {view.texts.states[state]}: {format.format(number)}
          </a>
        </div>
      ))}
    </>
  );
}

/** Adds the page of a service's lists. */
export function addJobListPage(app: Hono<WebEnv>, { accounts, jobs }: WebPorts): void {
  app.get(PAGES.lists.path, async (c) => {
    const service = serviceOf(c);
    const position = readPosition(c, parseJobId);
    const [found, people] = await Promise.all([
      jobs.list(service.id, position, PAGE_LISTS + 1),
      accounts.members.list(service.id),
    ]);
    const page = pageOf(found, {
      size: PAGE_LISTS,
      position,
      keyOf: ({ id }) => id,
    });
    return answerPage(
      c,
      <JobListPage
        view={c.var.view}
        service={service}
        jobs={page.rows}
        people={people}
        page={page}
      />,
    );
  });
}
