import assert from "node:assert/strict";
import { MAX_STATISTICS_DAYS } from "../../../domain/statistics/statistics.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  bodyOf,
  callAt,
  DAY,
  EMAIL,
  emailTo,
  movableClock,
  newServiceWithTemplates,
  NO_ID,
  type ServiceWithTemplates,
  SMS,
  textTo,
} from "../support.ts";

const TODAY = "2031-05-14";

async function open() {
  const clock = movableClock();
  const hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const send = async (path: string, body: unknown, kind: "live" | "team" | "test" = "live") =>
    await bodyOf(await callAt(hark, clock, service.keys[kind], "POST", path, body), 201);
  return { clock, hark, service, send, [Symbol.asyncDispose]: () => hark.close() };
}

async function statisticsOf(hark: TestApplication, service: ServiceWithTemplates, search: string) {
  return await hark.manage("GET", `/manage/services/${service.id}/statistics${search}`);
}

const row = (fields: Readonly<Record<string, unknown>>) => ({
  day: null,
  hour: null,
  channel: null,
  template_id: null,
  reason: null,
  requested: 0,
  sent: 0,
  delivered: 0,
  failed: 0,
  cancelled: 0,
  expired: 0,
  reasons: {},
  ...fields,
});

Deno.test("GET /manage/services/{id}/statistics: counts messages by day, channel, template and reason", async () => {
  await using scene = await open();
  const { hark, service, send, clock } = scene;
  await send(SMS, textTo(service));
  await send(SMS, textTo(service, { phone_number: "07700900003" }));
  await send(EMAIL, emailTo(service, { email_address: "perm-fail@simulator.notify" }), "test");
  const later = new Date(clock.now() + DAY / 2).toISOString();
  const { id } = await send(SMS, textTo(service, { scheduled_for: later }));
  await hark.manage("POST", `/manage/services/${service.id}/notifications/${id}/cancel`);
  await hark.settle();
  const ask = async (search: string) =>
    await bodyOf(await statisticsOf(hark, service, search), 200);
  const byDay = await ask("");
  assert.deepEqual({ ...byDay, rows: byDay.rows.length }, {
    from: "2031-04-15",
    to: TODAY,
    by: "day",
    rows: 1,
  });
  const [{ reasons, ...total }] = byDay.rows;
  assert.deepEqual([total.day, total.requested, total.cancelled], [TODAY, 4, 1]);
  assert.equal(total.delivered + total.failed + total.cancelled, 4);
  assert.deepEqual(
    Object.values<number>(reasons).reduce((sum, messages) => sum + messages, 0),
    total.failed,
  );
  const search = `?from=${TODAY}&to=${TODAY}&by=`;
  const byChannel = await ask(`${search}channel`);
  assert.deepEqual(
    byChannel.rows.map((row: Record<string, unknown>) => [row.channel, row.requested]),
    [
      ["email", 1],
      ["sms", 3],
    ],
  );
  const byTemplate = await ask(`${search}template,channel&key_kind=test`);
  assert.deepEqual(
    byTemplate.rows.map((
      row: Record<string, unknown>,
    ) => [row.template_id, row.channel, row.requested]),
    [
      [service.email, "email", 1],
    ],
  );
  for (const by of ["reason", "hour", "day,reason"]) {
    const { rows } = await ask(search + by);
    const requested = rows.reduce(
      (sum: number, row: { requested: number }) => sum + row.requested,
      0,
    );
    assert.equal(requested, 4, by);
  }
  const other = await newServiceWithTemplates(hark);
  assert.deepEqual((await bodyOf(await statisticsOf(hark, other, ""), 200)).rows, []);
  clock.advance(DAY);
  await send(SMS, textTo(service));
  await hark.settle();
  assert.deepEqual((await ask(`?from=2031-05-15&by=day`)).rows, [
    row({ day: "2031-05-15", requested: 1, delivered: 1 }),
  ]);
});

Deno.test("GET /manage/services/{id}/statistics: answers 400 to a query that is not valid, and 404 for an unknown service", async () => {
  await using scene = await open();
  const { hark, service } = scene;
  const cases = [
    ["?from=2031-5-1", "from must be a date such as 2031-04-14"],
    ["?to=2031-02-30", "to must be a date such as 2031-04-14"],
    ["?from=2031-05-15", "from must not be after to"],
    [
      "?by=status",
      "by must be one of day, hour, channel, template, reason, or several with commas",
    ],
    ["?by=", "by must be one of day, hour, channel, template, reason, or several with commas"],
    [
      "?by=day,day",
      "by must be one of day, hour, channel, template, reason, or several with commas",
    ],
    ["?key_kind=other", 'key_kind Invalid option: expected one of "live"|"team"|"test"'],
    [
      "?since=2031-05-01",
      "since is not a query parameter of this address, which takes from, to, by, key_kind",
    ],
    ["?from=2031-05-05&by=hour", "from must be at most 8 days ago where rows are by the hour"],
    [
      `?from=${
        new Date(Date.UTC(2031, 4, 14) - MAX_STATISTICS_DAYS * DAY).toISOString().slice(0, 10)
      }`,
      "from and to must include at most 400 days",
    ],
  ] as const;
  for (const [search, detail] of cases) {
    assert.equal(
      (await bodyOf(await statisticsOf(hark, service, search), 400, search)).detail,
      detail,
    );
  }
  const first = new Date(Date.UTC(2031, 4, 14) - (MAX_STATISTICS_DAYS - 1) * DAY);
  await bodyOf(await statisticsOf(hark, service, `?from=${first.toISOString().slice(0, 10)}`), 200);
  await bodyOf(await statisticsOf(hark, service, "?from=2031-05-06&by=hour"), 200);
  await bodyOf(await hark.manage("GET", `/manage/services/${NO_ID}/statistics`), 404);
  const { status } = await hark.request(`/manage/services/${service.id}/statistics`);
  assert.equal(status, 401);
});
