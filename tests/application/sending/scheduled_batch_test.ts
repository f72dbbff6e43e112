import assert from "node:assert/strict";
import {
  bodyOf,
  callAt,
  HOUR,
  movableClock,
  newServiceWithTemplates,
  NOON,
} from "../../routes/support.ts";
import { startTestApplication } from "../../support/application.ts";
import { serveInProcess } from "../../support/http.ts";

Deno.test("POST /v2/notifications/batch: starts a dispatch when an item is due at once, and none for items of later", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const server = serveInProcess(hark.app);
  const { keys, sms } = await newServiceWithTemplates(hark);
  /** Sends a text for each time, and returns the recipients of all texts that have been sent after the request's tail. */
  async function send(numbers: Readonly<Record<string, number | undefined>>) {
    const notifications = Object.entries(numbers).map(([phone_number, at]) => ({
      type: "sms",
      template_id: sms,
      phone_number: `+${phone_number}`,
      personalisation: { name: "Ann" },
      ...(at === undefined ? {} : { scheduled_for: new Date(at).toISOString() }),
    }));
    const caller = { ...hark, request: server.fetch };
    const path = "/v2/notifications/batch";
    const answer = await callAt(caller, clock, keys.live, "POST", path, { notifications });
    const { notifications: results } = await bodyOf(answer, 200);
    for (const { status_code } of results) assert.equal(status_code, 201, JSON.stringify(results));
    await server.idle();
    return sentTo();
  }
  const sentTo = () => hark.mailbox.list().map(({ to }) => to).sort();

  const [first, second, third, fourth] = ["1", "2", "3", "4"].map((end) => `44770090012${end}`);
  assert.ok(first && second && third && fourth);
  assert.deepEqual(await send({ [first]: NOON + HOUR }), []);
  clock.advance(2 * HOUR);
  // A dispatch would send the first text, which is due now.
  assert.deepEqual(await send({ [second]: NOON + 3 * HOUR, [third]: NOON + 4 * HOUR }), []);
  assert.deepEqual(await send({ [fourth]: undefined, [third]: NOON + 4 * HOUR }), [
    first,
    fourth,
  ]);
  // The loop of a process and a cron look for what is due.
  clock.advance(HOUR);
  assert.ok((await hark.backgroundWork.nextDueAt() ?? Infinity) <= clock.now());
  await hark.settle();
  assert.deepEqual(sentTo(), [first, second, fourth]);
});
