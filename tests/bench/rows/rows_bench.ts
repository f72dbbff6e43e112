/** The rows that a message reads and writes in the database, from its accept until it is delivered. */
import { createClock } from "../../../adapters/clock.ts";
import { migrate } from "../../../adapters/libsql/schema/migrations.ts";
import { issueRequestToken, startTestApplication } from "../../support/application.ts";
import { serveInProcess } from "../../support/http.ts";
import { SMS_PERSONALISATION, SMS_TEMPLATE } from "../messages.ts";
import { type RowCounts, startCountedDatabase } from "./counted_database.ts";

const SINGLES = 20;
const BATCH = 500;

/** Rows a message, until it is delivered by the sandbox, with its receipt. */
export interface RowsPerMessage {
  readonly single: RowCounts;
  /** Of a batch of {@link BATCH}. */
  readonly batch: RowCounts;
}

/** Counts the rows of single sends, one after the other, and of a batch. */
export async function countRows(): Promise<RowsPerMessage> {
  await using counted = await startCountedDatabase();
  const { db, take } = counted;
  await migrate(db, createClock().now());
  const hark = await startTestApplication({ db, log: () => {} });
  const { id, keys } = await hark.newService({
    rate_limit_per_minute: 60_000,
    daily_limits: { sms: 100_000 },
  });
  const message = {
    template_id: await hark.newTemplate(id, SMS_TEMPLATE),
    phone_number: "07900900123",
    personalisation: SMS_PERSONALISATION,
    reference: "order 1234",
  };
  const server = serveInProcess(hark.app);
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await server.fetch(path, {
      method,
      headers: {
        "authorization": `Bearer ${await issueRequestToken(keys.live)}`,
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json = await answer.json();
    // The work after the answer: sending, and the receipt.
    await server.idle();
    return json;
  };
  async function countSends(sends: number): Promise<RowCounts> {
    await take();
    for (let n = 0; n < sends; n++) await call("POST", "/v2/notifications/sms", message);
    const { read, written } = await take();
    return { read: read / sends, written: written / sends };
  }
  await countSends(1);
  const single = await countSends(SINGLES);
  await take();
  const notifications = Array.from({ length: BATCH }, () => ({ type: "sms", ...message }));
  await call("POST", "/v2/notifications/batch", { notifications });
  const { read, written } = await take();
  const { notifications: newest } = await call("GET", "/v2/notifications?status=delivered");
  if (newest.length !== 250) throw new Error(`${newest.length} messages are delivered`);
  await hark.close();
  return { single, batch: { read: read / BATCH, written: written / BATCH } };
}
