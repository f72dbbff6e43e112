import assert from "node:assert/strict";
import { NotifyClient } from "npm:notifications-node-client@8.4.0";
import { createClock } from "../../adapters/clock.ts";
import { serveOnLoopback } from "../support/http.ts";
import { startWithNumber } from "../routes/inbound/support.ts";

Deno.test("notifications-node-client 8.4.0: getReceivedTexts reads the texts that a service has received", async () => {
  await using hark = await startWithNumber({ clock: createClock() });
  await using server = serveOnLoopback(hark.app);
  const client = new NotifyClient(server.origin, hark.service.keys.live);
  for (const Body of ["first", "second"]) assert.equal((await hark.receive({ Body })).status, 200);
  const { status, data } = await client.getReceivedTexts();
  assert.equal(status, 200);
  const texts = data.received_text_messages;
  assert.deepEqual(texts.map(({ content }) => content), ["second", "first"]);
  // The shape that GOV.UK Notify documents.
  assert.deepEqual(Object.keys(texts[0] ?? {}).toSorted(), [
    "content",
    "created_at",
    "id",
    "notify_number",
    "service_id",
    "user_number",
  ]);
  const older = await client.getReceivedTexts(texts[0]?.id);
  assert.deepEqual(older.data.received_text_messages, texts.slice(1));
  const end = await client.getReceivedTexts(texts[1]?.id);
  assert.deepEqual(end.data.received_text_messages, []);
  assert.equal(end.data.links.next, undefined);
});
