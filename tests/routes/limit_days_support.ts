/** Services with daily limits whose days a test moves through, and the recount of their counters. */
import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../support/application.ts";
import { RUNNER } from "../support/runner.ts";
import {
  bodyOf,
  callAt,
  DAY,
  HOUR,
  type MovableClock,
  movableClock,
  newServiceWithTemplates,
  NOON,
  type ServiceWithTemplates,
  SMS,
  textTo,
} from "./support.ts";

type Fields = Readonly<Record<string, unknown>>;

export const iso = (at: number) => new Date(at).toISOString();

/** An application with a service that has a daily limit, and a clock that the test moves. */
export interface LimitedService extends AsyncDisposable {
  readonly hark: TestApplication;
  readonly clock: MovableClock;
  readonly service: ServiceWithTemplates;
  call(method: string, path: string, body?: unknown): Promise<Response>;
  /** Sends one text message. */
  text(fields?: Fields): Promise<Response>;
  /** Sends one text message, and asserts that it is accepted. @returns its id */
  send(fields?: Fields): Promise<string>;
  /** Asserts that a text message is refused by a daily limit. @returns `Retry-After`, in seconds */
  refuses(message: string, fields?: Fields): Promise<number>;
  change(settings: Fields): Promise<void>;
  cancel(id: string): Promise<void>;
  /** Asserts that the counters of days are the sums of what is stored. @returns them without those that are 0 */
  counters(): Promise<Readonly<Record<string, number>>>;
  /** Asserts {@link counters} of days that are over: it leaves out those that another process's upkeep may have deleted. */
  keepsPast(expected: Readonly<Record<string, number>>): Promise<void>;
}

/** Starts a service with a limit of 3 text messages a day. */
export async function startLimited(
  settings: Fields = {},
  startsAt = NOON,
): Promise<LimitedService> {
  const clock = movableClock(startsAt);
  const hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark, { daily_limits: { sms: 3 }, ...settings });
  const call = (method: string, path: string, body?: unknown) =>
    callAt(hark, clock, service.keys.live, method, path, body);
  const text = (fields: Fields = {}) => call("POST", SMS, textTo(service, fields));
  return {
    hark,
    clock,
    service,
    call,
    text,
    async send(fields) {
      return (await bodyOf(await text(fields), 201)).id;
    },
    async refuses(message, fields) {
      const answer = await text(fields);
      assert.deepEqual(await bodyOf(answer, 429), {
        status_code: 429,
        errors: [{ error: "TooManyRequestsError", message: `Exceeded send limits ${message}` }],
      });
      return Number(answer.headers.get("retry-after"));
    },
    async change(settings) {
      await bodyOf(await hark.manage("PATCH", `/manage/services/${service.id}`, settings), 200);
    },
    async cancel(id) {
      await bodyOf(await call("POST", `/v2/notifications/${id}/cancel`), 200);
    },
    counters: () => recount(hark),
    async keepsPast(expected) {
      const leftOut = RUNNER === "process" ? {} : expected;
      assert.deepEqual({ ...leftOut, ...await recount(hark) }, expected);
    },
    [Symbol.asyncDispose]: () => hark.close(),
  };
}

/** The counters of days by their names. */
const COUNTERS =
  "SELECT scope, sum(value) AS used FROM counters WHERE scope LIKE 'day:%' AND value <> 0 GROUP BY 1";

/** The same by what is stored: messages that were not given back, and what jobs are charged for their other rows. */
const RECOUNT = `SELECT 'day:' || date(day * 86400, 'unixepoch') || ':' || what AS scope,
    sum(used) AS used FROM (
      SELECT limit_day AS day, channel AS what, 1 AS used, status, events FROM notifications
      UNION ALL SELECT limit_day, 'international_sms', 1, status, events FROM notifications
        WHERE international
      UNION ALL SELECT limit_day, channel, charged_rows, 'created', '' FROM jobs
      UNION ALL SELECT limit_day, 'international_sms', charged_abroad, 'created', '' FROM jobs)
  WHERE day IS NOT NULL AND used <> 0
    AND NOT (status IN ('cancelled', 'expired') AND events NOT LIKE '%attempt-started%')
  GROUP BY 1`;

/** The earliest end of a day of UTC in any zone, as a time after that day's beginning. */
const EARLIEST_END_MS = DAY - 14 * HOUR;

/** Whether the counter of a day is kept for sure: the upkeep deletes it a day after its end. It does not run in process. */
function isKept(scope: string, now: number): boolean {
  const day = Date.parse(scope.slice("day:".length, "day:2031-05-14".length));
  return RUNNER === "process" || now < day + EARLIEST_END_MS + DAY;
}

/** Asserts that the counters of days are the sums of what is stored. @returns them without those that are 0 */
export async function recount(
  { db, clock }: TestApplication,
): Promise<Readonly<Record<string, number>>> {
  const now = clock.now();
  const [counted, stored] = (await db.read([COUNTERS, RECOUNT])).map(({ rows }) =>
    Object.fromEntries(
      rows.map(({ scope, used }) => [String(scope), Number(used)] as const)
        .filter(([scope]) => isKept(scope, now)),
    )
  );
  assert.deepEqual(counted, stored);
  return counted ?? {};
}
