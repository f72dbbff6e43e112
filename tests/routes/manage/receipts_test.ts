import assert from "node:assert/strict";
import { createReceiptStore } from "../../../adapters/libsql/notifications/receipts.ts";
import { MAX_UNMATCHED_LISTED } from "../../../domain/ports/receipt_store.ts";
import { MAX_MESSAGE_ID } from "../../../routes/manage/receipts.ts";
import { receipt } from "../../contracts/isolate.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf } from "../support.ts";

const PATH = "/manage/receipts";

Deno.test(`GET /manage/receipts: lists the receipts of a message that no notification has, at most ${MAX_UNMATCHED_LISTED}`, async () => {
  await using hark = await startTestApplication();
  const messageId = "m".repeat(MAX_MESSAGE_ID);
  const store = createReceiptStore(hark.db);
  const many = Array.from(
    { length: MAX_UNMATCHED_LISTED + 1 },
    (_, n) => receipt(messageId, n === 0 ? "sending" : "delivered", { dedupeKey: String(n) }),
  );
  const since = Date.now();
  for (const [at, each] of many.entries()) await store.receive([each], since + at);
  const list = async (query: string) =>
    (await bodyOf(await hark.manage("GET", `${PATH}?${query}`), 200)).receipts;
  const found = await list(`provider=post&message_id=${messageId}`);
  assert.equal(found.length, MAX_UNMATCHED_LISTED);
  assert.deepEqual(found[0], { kind: "sending", received_at: new Date(since).toISOString() });
  assert.deepEqual(await list("provider=post&message_id=other"), []);
  assert.deepEqual(await list(`provider=other&message_id=${messageId}`), []);
});

Deno.test("GET /manage/receipts: 401 without the operator's token, 400 for a query that is not valid", async () => {
  await using hark = await startTestApplication();
  assert.equal((await hark.request(`${PATH}?provider=post&message_id=m`)).status, 401);
  const long = "m".repeat(MAX_MESSAGE_ID + 1);
  for (
    const query of [
      "",
      "?provider=post",
      "?message_id=m",
      "?provider=&message_id=m",
      `?provider=post&message_id=${long}`,
      "?provider=post&message_id=m&kind=sent",
    ]
  ) {
    await bodyOf(await hark.manage("GET", PATH + query), 400, query);
  }
});
