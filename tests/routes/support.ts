import assert from "node:assert/strict";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import { createClock } from "../../adapters/clock.ts";
import { countRows } from "../contracts/isolate.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import {
  issueRequestToken,
  type TestApplication,
  type TestService,
} from "../support/application.ts";

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A time in the answers of `/v2` and of the 2016 API. */
export const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
/** An id that is never in use. */
export const NO_ID = "00000000-0000-4000-8000-000000000000";

export const SMS = "/v2/notifications/sms";
export const EMAIL = "/v2/notifications/email";
export const SMS_2016 = "/notifications/sms";
export const EMAIL_2016 = "/notifications/email";

/** A noon far from any day's end. */
export const NOON = Date.UTC(2031, 4, 14, 12);
export const SECOND = 1_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** The product's clock over a time that the test moves. */
export interface MovableClock extends Clock {
  advance(ms: number): void;
}

export function movableClock(startsAt = NOON): MovableClock {
  let now = startsAt;
  return { ...createClock(() => now), advance: (ms) => void (now += ms) };
}

/** Differs enough from the machine's clock that a runner's server takes it for one that is moved. */
const AHEAD_MS = 5 * SECOND;

/** A clock that the test moves, from nearly the present on. */
export const clockFromNow = (): MovableClock => movableClock(Date.now() + AHEAD_MS);

/** Calls as the holder of a key, at the time of a clock that the test moves. */
export async function callAt(
  hark: TestApplication,
  clock: Clock,
  key: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const token = await issueRequestToken(key, Math.floor(clock.now() / 1000));
  return await hark.request(path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

/** A live service with a text and an e-mail template. */
export interface ServiceWithTemplates extends TestService {
  readonly sms: string;
  readonly email: string;
}

export async function newServiceWithTemplates(
  hark: TestApplication,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<ServiceWithTemplates> {
  const service = await hark.newService(settings);
  const sms = await hark.newTemplate(service.id);
  const email = await hark.newTemplate(service.id, {
    channel: "email",
    name: "Letter",
    subject: "Hello ((name))",
    body: "Dear ((name)),\r\n\r\nYour ((item)) is ready.",
  });
  return { ...service, sms, email };
}

export const textTo = (
  service: ServiceWithTemplates,
  fields: Readonly<Record<string, unknown>> = {},
) => ({
  phone_number: "07700900123",
  template_id: service.sms,
  personalisation: { name: "Ann" },
  ...fields,
});

export const emailTo = (
  service: ServiceWithTemplates,
  fields: Readonly<Record<string, unknown>> = {},
) => ({
  email_address: "ann@example.com",
  template_id: service.email,
  personalisation: { name: "Ann", item: "card" },
  ...fields,
});

/** The body of an answer of which the status is as expected. */
export async function bodyOf(
  response: Response,
  status: number,
  label = "",
): Promise<ReturnType<typeof JSON.parse>> {
  const text = await response.text();
  assert.equal(response.status, status, `${label} ${text.slice(0, 500)}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** Asserts the one error of a /v2 answer. */
export async function assertError(
  response: Response,
  status: number,
  error: string,
  message: string,
  label = "",
): Promise<void> {
  const body = await bodyOf(response, status, label);
  assert.deepEqual(body, { status_code: status, errors: [{ error, message }] }, label);
}

/** How many rows a table has: of the test's own services where other tests use the database too. */
export async function countOf(hark: TestApplication, table: string): Promise<number> {
  if (!hark.isShared) return await countRows(hark.db, table);
  const marks = hark.services.map(() => "?").join(", ");
  const sql = `SELECT count(*) AS n FROM ${table} WHERE service_id IN (${marks})`;
  const [found] = await hark.db.read([{ sql, args: hark.services.map(idBytes) }]);
  return Number(found?.rows[0]?.n);
}

/** Asserts that nothing is stored and nothing was sent. */
export async function assertNothingSent(hark: TestApplication): Promise<void> {
  await hark.settle();
  assert.deepEqual(await hark.sent(), []);
  assert.equal(await countOf(hark, "notifications"), 0);
}
