/** What became of a service's messages, as the overview shows it. */
import type { JSX } from "hono/jsx/jsx-runtime";
import {
  FAILURE_REASONS,
  type FailureReason,
  reasonOfCount,
} from "../../../domain/delivery/reasons.ts";
import {
  type DayCounts,
  MAX_SUMMARY_ROWS,
  RECENT_DAYS,
  type ServiceSummary,
  SUMMARY_DAYS,
} from "../../../domain/ports/service_summary_store.ts";
import { DAILY_COUNTERS, dailyLimit } from "../../../domain/sending/limits.ts";
import type { Service } from "../../../domain/service/service.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { isoDate } from "../../../domain/time/local_day.ts";
import { Columns } from "../components/columns.tsx";
import { Notice } from "../components/notice.tsx";
import { Table } from "../components/table.tsx";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { formatDay } from "../texts/dates.ts";
import { numberFormat } from "../texts/plural.ts";

/** How many reasons are listed. */
const REASONS_SHOWN = 8;
/** From this share of a daily limit on, the overview says how much is used. */
const NEAR_LIMIT = 0.8;

/** Properties of the sections. */
export interface OutcomeProps {
  readonly view: View;
  readonly service: Service;
  readonly summary: ServiceSummary;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Whether the visitor sees recipients, and so replies. */
  readonly seesRecipients: boolean;
}

/** Today's limits that are nearly used up. */
export function LimitNotices({ view, service, summary: { used } }: OutcomeProps): JSX.Element {
  const { outcomes } = view.texts;
  const near = DAILY_COUNTERS.flatMap((counter) => {
    const limit = dailyLimit(service, counter);
    const [, number = 0] = [...used].find(([scope]) => scope.endsWith(`:${counter}`)) ?? [];
    return number >= limit * NEAR_LIMIT && limit > 0 ? [{ counter, number, limit }] : [];
  });
  const format = numberFormat(view.language);
  return (
    <>
      {near.map(({ counter, number, limit }) => (
        <Notice key={counter}>
          <p>
            {outcomes.limits[counter]}: {outcomes.used(format.format(number), format.format(limit))}
          </p>
        </Notice>
      ))}
    </>
  );
}

/** How many messages were sent, delivered and failed, each a link to its list. */
export function Totals({ view, service, summary, now }: OutcomeProps): JSX.Element {
  const { outcomes } = view.texts;
  const today = Math.floor(now / DAY_MS);
  const format = numberFormat(view.language);
  const path = pathOf(PAGES.messages, { service_id: service.id });
  const periods = [1, RECENT_DAYS, SUMMARY_DAYS].map((length) => {
    const from = today - length + 1;
    return { length, from, ...sumOf(summary.days, from) };
  });
  // The rows of a list become messages when it begins.
  const waitingRows = summary.lists.filter(({ status }) => status === "scheduled")
    .reduce((sum, { rows }) => sum + rows, 0);
  const cell = (number: number, from: number, state: string) => {
    const query = new URLSearchParams({ ...state === "" ? {} : { state }, from: isoDate(from) });
    return <a href={`${path}?${query}`}>{format.format(number)}</a>;
  };
  return (
    <section class="card" aria-label={outcomes.totals}>
      <Table
        caption={outcomes.totals}
        rows={periods}
        keyOf={({ length }) => length}
        columns={[
          {
            label: outcomes.period,
            kind: "name",
            cell: ({ length }) => length === 1 ? outcomes.today : outcomes.days(length),
          },
          { label: outcomes.sent, kind: "number", cell: ({ sent, from }) => cell(sent, from, "") },
          {
            label: outcomes.delivered,
            kind: "number",
            cell: ({ delivered, from }) => cell(delivered, from, "delivered"),
          },
          {
            label: outcomes.failed,
            kind: "number",
            cell: ({ failed, from }) => cell(failed, from, "failed"),
          },
        ]}
      />
      <p class="quiet">
        <a href={`${path}?state=waiting`}>{outcomes.scheduled(bounded(summary.scheduled, view))}</a>
        {waitingRows === 0 ? null : (
          <>
            {" · "}
            <a href={pathOf(PAGES.lists, { service_id: service.id })}>
              {outcomes.scheduledLists(format.format(waitingRows))}
            </a>
          </>
        )}
        {" · "}
        {outcomes.utc}
      </p>
    </section>
  );
}

/** A number that was counted up to a limit. */
function bounded(number: number, { language }: View): string {
  const format = numberFormat(language);
  return number > MAX_SUMMARY_ROWS ? `${format.format(MAX_SUMMARY_ROWS)}+` : format.format(number);
}

function sumOf(days: readonly DayCounts[], from: number) {
  let [sent, delivered, failed] = [0, 0, 0];
  for (const { counts } of days.filter(({ day }) => day >= from)) {
    sent += counts.requested - counts.cancelled - counts.expired;
    delivered += counts.delivered;
    failed += counts.failed;
  }
  return { sent, delivered, failed };
}

/** The messages of each day. */
export function DayColumns({ view, summary, now }: OutcomeProps): JSX.Element {
  const today = Math.floor(now / DAY_MS);
  const first = today - SUMMARY_DAYS + 1;
  const byDay = new Map(summary.days.map(({ day, counts }) => [day, counts]));
  const days = Array.from({ length: today - first + 1 }, (_, index) => {
    const counts = byDay.get(first + index);
    const { requested = 0, delivered = 0, failed = 0, cancelled = 0, expired = 0 } = counts ?? {};
    return {
      label: formatDay((first + index) * DAY_MS, view.language),
      delivered,
      failed,
      other: Math.max(0, requested - cancelled - expired - delivered - failed),
    };
  });
  return (
    <div class="card">
      <Columns view={view} title={view.texts.outcomes.byDay} days={days} />
    </div>
  );
}

/** Why messages failed, what to do, and how many. */
export function Failures({ view, service, summary, now }: OutcomeProps): JSX.Element | null {
  const { outcomes, reasons, sendAgain } = view.texts;
  const numbers = new Map<FailureReason, number>();
  for (const { failures } of summary.days) {
    for (const [code, number] of failures) {
      const reason = reasonOfCount(code);
      numbers.set(reason, (numbers.get(reason) ?? 0) + number);
    }
  }
  const rows = [...numbers].filter(([, number]) => number > 0)
    .toSorted(([, a], [, b]) => b - a).slice(0, REASONS_SHOWN);
  if (rows.length === 0) return null;
  const format = numberFormat(view.language);
  const from = isoDate(Math.floor(now / DAY_MS) - SUMMARY_DAYS + 1);
  const path = pathOf(PAGES.messages, { service_id: service.id });
  return (
    <section class="card" aria-labelledby="failures">
      <h2 id="failures">{outcomes.why}</h2>
      <Table
        rows={rows}
        keyOf={([reason]) => reason}
        columns={[
          {
            label: outcomes.reason,
            kind: "name",
            cell: ([reason]) => (
              <a href={`${path}?${new URLSearchParams({ reason, from })}`}>{reasons[reason][0]}</a>
            ),
          },
          {
            label: outcomes.whatToDo,
            cell: ([reason]) => `${reasons[reason][1]} ${sendAgain[FAILURE_REASONS[reason]]}`,
          },
          {
            label: outcomes.number,
            kind: "number",
            cell: ([, number]) => format.format(number),
          },
        ]}
      />
    </section>
  );
}

/** The lists that run, the templates used lately, and the replies. */
export function Lately({ view, service, summary, seesRecipients }: OutcomeProps): JSX.Element {
  const { outcomes, counted, jobStatuses } = view.texts;
  const path = pathOf(PAGES.messages, { service_id: service.id });
  const format = numberFormat(view.language);
  return (
    <>
      {summary.lists.length === 0 ? null : (
        <section class="card" aria-labelledby="running">
          <h2 id="running">{outcomes.running}</h2>
          <ul class="list">
            {summary.lists.map(({ id, name, status, rows, accepted }) => (
              <li key={id}>
                <a
                  href={pathOf(PAGES.list, { service_id: service.id, job_id: id })}
                  dir="auto"
                >
                  {name}
                </a>
                <span>
                  {outcomes.progress(format.format(accepted), format.format(rows))}{" "}
                  <Tag>{jobStatuses[status]}</Tag>
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {summary.templates.length === 0 ? null : (
        <section class="card" aria-labelledby="used">
          <h2 id="used">{outcomes.templates}</h2>
          <ul class="list">
            {summary.templates.map(({ id, name, messages }) => (
              <li key={id}>
                <a href={`${path}?template=${id}`} dir="auto">{name}</a>
                {messages === undefined ? null : <span>{counted(messages)}</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {summary.replies === 0 || !seesRecipients ? null : (
        <p>
          <a href={pathOf(PAGES.replies, { service_id: service.id })}>
            {outcomes.replies(bounded(summary.replies, view))}
          </a>
        </p>
      )}
    </>
  );
}
