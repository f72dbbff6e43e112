/** A deployment that no longer has a provider which has accepted messages. */
import assert from "node:assert/strict";
import { createClock } from "../../adapters/clock.ts";
import { PROVIDERS } from "../../runtime/providers.ts";
import { startTestApplication } from "../support/application.ts";
import { bodyOf } from "../routes/support.ts";
import { EXAMPLE_SMS } from "./example_sms.ts";

const TABLE = [...PROVIDERS, EXAMPLE_SMS];
const HOUR_MS = 3_600_000;

Deno.test("checkProviders: warns of messages that await a removed provider's receipts, and they end after 72 hours", async () => {
  const time = { now: Date.now() };
  const clock = createClock(() => time.now);
  await using before = await startTestApplication({
    providers: TABLE,
    environment: { EXAMPLE_SMS_TOKEN: "token", EXAMPLE_SMS_FROM: "Library" },
    clock,
    fetch: () => Promise.resolve(Response.json({ id: "message-1" }, { status: 201 })),
  });
  const service = await before.newService();
  const template_id = await before.newTemplate(service.id);
  const send = async (hark: typeof before) =>
    await bodyOf(
      await hark.as(service.keys.live, "POST", "/v2/notifications/sms", {
        template_id,
        phone_number: "07900900123",
        personalisation: { name: "Ann" },
      }),
      201,
    );
  const { id } = await send(before);
  await before.settle();
  const { signal } = new AbortController();
  const warningsOf = async (hark: typeof before) => {
    await hark.checkProviders(signal);
    return hark.logged.filter(({ event }) => event === "warning").map(({ warning }) =>
      String(warning)
    );
  };
  assert.deepEqual(await warningsOf(before), [], "the provider is there");

  const after = await startTestApplication({ providers: TABLE, db: before.db, clock });
  const [warning, ...others] = await warningsOf(after);
  assert.match(warning ?? "", /^the provider example-sms is not configured, and messages/);
  assert.deepEqual(others, []);
  const forged = await after.request("/receipts/example-sms", { method: "POST", body: "{}" });
  assert.equal(forged.status, 404);
  const statusOf = async () => {
    const path = `/manage/services/${service.id}/notifications/${id}/timeline`;
    return (await bodyOf(await after.manage("GET", path), 200)).events.at(-1).status;
  };
  time.now += 71 * HOUR_MS;
  await after.settle();
  assert.equal(await statusOf(), "sending");
  time.now += 2 * HOUR_MS;
  await after.settle();
  assert.equal(await statusOf(), "temporary-failure");
  const later = await startTestApplication({ providers: TABLE, db: before.db, clock });
  assert.deepEqual(await warningsOf(later), [], "no message awaits it any more");
});
