/** Limits of days when requests come at once to two processes, over sockets. */
import assert from "node:assert/strict";
import { migrateEmpty } from "../support/migrated.ts";
import { BACKENDS } from "../contracts/backends.ts";
import { ADMIN_TOKEN, issueRequestToken, startTestApplication } from "../support/application.ts";
import { serveOnLoopback } from "../support/http.ts";
import { iso, recount } from "./limit_days_support.ts";
import { csvOf, jobsOf } from "./manage/jobs_support.ts";
import { DAY, movableClock, newServiceWithTemplates, NOON, SMS, textTo } from "./support.ts";
import { test } from "../support/runner.ts";

const LIMIT = 20;
const ROUNDS = 4;
const TOMORROW = { scheduled_for: iso(NOON + DAY) };
const SCOPE = "day:2031-05-15:sms";

for (const backend of BACKENDS.filter(({ name }) => /a file$|over HTTP$/.test(name))) {
  test.inside(`daily limits: stay exact while two processes accept and cancel at once over sockets (${backend.name})`, async () => {
    await using database = await backend.open();
    await migrateEmpty(database.db, NOON);
    const clock = movableClock();
    // A database file belongs to one process.
    const second = backend.remote ? await database.another() : database.db;
    await using one = await startTestApplication({ clock, db: database.db });
    await using two = await startTestApplication({ clock, db: second });
    const service = await newServiceWithTemplates(one, { daily_limits: { sms: LIMIT } });
    await using here = serveOnLoopback(one.app);
    await using there = serveOnLoopback(two.app);
    const token = await issueRequestToken(service.keys.live, NOON / 1000);

    const post = async (at: number, path: string, body: string, admin = false) => {
      const server = at % 2 === 0 ? here : there;
      const answer = await server.fetch(path, {
        method: "POST",
        headers: {
          "authorization": `Bearer ${admin ? ADMIN_TOKEN : token}`,
          "content-type": admin ? "text/csv" : "application/json",
        },
        body,
      });
      const { id, status } = await answer.json();
      assert.ok([200, 201, 409, 422, 429].includes(answer.status), `${answer.status} ${status}`);
      return { at, id: String(id), status: answer.status };
    };
    const text = JSON.stringify(textTo(service, TOMORROW));
    const query = new URLSearchParams({ template_id: service.sms, ...TOMORROW });
    const list = csvOf(["Ann", "Bob", "Cy"]);
    const send = (at: number) => post(at, SMS, text);
    const upload = (at: number) => post(at, `${jobsOf(service)}?${query}`, list, true);
    const isAccepted = ({ status }: { readonly status: number }) => status === 201;

    for (let round = 0; round < ROUNDS; round++) {
      const numbers = Array.from({ length: 24 }, (_, at) => at);
      const [sent, uploaded] = await Promise.all([
        Promise.all(numbers.map(send)),
        Promise.all(numbers.slice(0, 6).map(upload)),
      ]);
      const messages = sent.filter(isAccepted);
      const jobs = uploaded.filter(isAccepted);
      assert.equal(messages.length + 3 * jobs.length, LIMIT);
      assert.deepEqual(await recount(one), { [SCOPE]: LIMIT });
      // Each is cancelled through both processes at once, beside further sends.
      const results = await Promise.all([
        ...numbers.map(send),
        ...[0, 1].flatMap((shift) => [
          ...messages.map(({ at, id }) =>
            post(at + shift, `/v2/notifications/${id}/cancel`, "").then(() => undefined)
          ),
          ...jobs.map(({ at, id }) =>
            post(at + shift, `${jobsOf(service)}/${id}/cancel`, "", true).then(() => undefined)
          ),
        ]),
      ]);
      const late = results.filter((result) => result !== undefined).filter(isAccepted);
      assert.ok(late.length <= LIMIT);
      const left = late.length === 0 ? {} : { [SCOPE]: late.length };
      assert.deepEqual(await recount(one), left);
      await Promise.all(late.map(({ at, id }) => post(at, `/v2/notifications/${id}/cancel`, "")));
      assert.deepEqual(await recount(two), {});
    }
  });
}
