import { createClock } from "../../adapters/clock.ts";
import { createEncryption } from "../../adapters/crypto/envelope_encryption.ts";
import { createContexts } from "../../adapters/libsql/services/contexts.ts";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { createInboxStore } from "../../adapters/libsql/inbox/inbox.ts";
import { createManagementStore } from "../../adapters/libsql/services/management.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { hex } from "../../adapters/libsql/connection/row.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { InboxRef } from "../../domain/inbox/inbox_message.ts";
import type { InboxStore } from "../../domain/ports/inbox_store.ts";
import { DEFAULT_SETTINGS } from "../../domain/service/service.ts";
import { awaitCase, type Case, type Cost, measure } from "./measure.ts";
import { printCosts } from "./table.ts";

const ROUNDS = 15;
const FEW = 10;
/** Messages of the measured recipient, and of all recipients; a quick run may set the latter. */
const MANY = 10_000;
const STORE = Number(Deno.env.get("INBOX_BENCH_MESSAGES") ?? 1_000_000);
const PAGE = 10;
/** The maximum ratio of times, large store to small. */
const MOST_RATIO = 1.5;
/** Rows of one insert; bounds the memory that filling takes. */
const STEP = 50_000;

/** Measures a page and a count of an inbox with few messages in a small store, and with many in a large one. */
export async function benchInbox(folder: string): Promise<void> {
  const few = await openFilled(`${folder}/inbox_few.db`, FEW, FEW);
  const many = await openFilled(`${folder}/inbox_many.db`, MANY, STORE);
  const names = [`${FEW} in a store of ${FEW}`, `${MANY} in a store of ${STORE}`] as const;
  const cases = (name: string, call: (filled: Filled) => Promise<unknown>): readonly Case[] =>
    [few, many].map((filled, index) =>
      awaitCase(`${name} of ${names[index]}`, 100, () => call(filled))
    );
  const page = { unreadOnly: false, after: undefined, offset: 0, limit: PAGE };
  const unread = { ...page, unreadOnly: true };
  report(
    `7. A page of ${PAGE} messages of an inbox`,
    await measure(ROUNDS, cases("page", ({ inboxes, inbox }) => inboxes.list(inbox, page))),
  );
  report(
    `7. A page of ${PAGE} unread messages`,
    await measure(ROUNDS, cases("unread", ({ inboxes, inbox }) => inboxes.list(inbox, unread))),
  );
  report(
    "7. The count of an inbox",
    await measure(ROUNDS, cases("count", ({ inboxes, inbox }) => inboxes.count(inbox))),
  );
  few.close();
  many.close();
}

function report(title: string, costs: readonly Cost[]): void {
  printCosts(title, costs);
  const [small, large] = costs;
  const ratio = (large?.wallUs ?? NaN) / (small?.wallUs ?? NaN);
  const verdict = ratio < MOST_RATIO ? "as it should be" : "TOO MUCH";
  console.log(`  ratio ${ratio.toFixed(2)}, less than ${MOST_RATIO}: ${verdict}`);
}

interface Filled {
  readonly inboxes: InboxStore;
  readonly inbox: InboxRef;
  close(): void;
}

/** Fills a store: real messages of the measured recipient among messages of others, which are never decrypted. */
async function openFilled(file: string, own: number, all: number): Promise<Filled> {
  const db = await openDatabase({ url: `file:${file}` });
  const clock = createClock();
  await migrate(db, clock.now());
  const encryption = await createEncryption([new Uint8Array(32).fill(7)]);
  const contexts = createContexts(db, encryption);
  const serviceId = crypto.randomUUID() as ServiceId;
  await createManagementStore({ db, encryption, contexts }).createService({
    id: serviceId,
    name: "Registry",
    mode: "live",
    active: true,
    settings: DEFAULT_SETTINGS,
  }, clock.now());
  const inboxes = createInboxStore({ db, encryption, contexts, clock });
  const inbox = { serviceId, recipientId: "citizen-1" };
  const hash = await (await contexts.currentDataKey(serviceId)).lookup(inbox.recipientId);
  // The newest messages are real, so that pages can be decrypted; the others have the same size.
  const real = Math.min(own, 100);
  const template = {
    subject: "Your application has been decided",
    body: "The decision is in your account. ".repeat(12),
    localised: {},
  };
  const sealedBytes = JSON.stringify(template).length + 28;
  const others = all - real;
  const each = Math.max(1, Math.floor(others / Math.max(own - real, 1)));
  for (let from = 0; from < others; from += STEP) {
    await db.write([{
      sql: `WITH RECURSIVE n(i) AS (
          SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
        INSERT INTO inbox_messages (service_id, recipient_hash, id, sequence, created_at,
          data_key_id, sealed)
        SELECT d.service_id,
          iif(i % ?4 = 0 AND i / ?4 < ?5, unhex(?3), unhex(printf('%032x', i / 97 + 1))),
          unhex(printf('%012x70008000000000000000', i)), i + 1, i, d.id,
          randomblob(?6)
        FROM n, data_keys AS d`,
      args: [from, Math.min(from + STEP, others), hex(hash), each, own - real, sealedBytes],
    }]);
  }
  await db.write([{
    sql: `INSERT INTO inboxes (service_id, recipient_hash, total, unread, sequence,
        all_acknowledged_at_sequence)
      SELECT service_id, recipient_hash, count(*), count(*), max(sequence), 0 FROM inbox_messages
      GROUP BY service_id, recipient_hash`,
    args: [],
  }]);
  for (let i = 0; i < real; i++) {
    await inboxes.put(inbox, { id: clock.newNotificationId(), ...template });
  }
  const { total } = await inboxes.count(inbox);
  if (total !== own) throw new Error(`the reader has ${total} messages and should have ${own}`);
  return { inboxes, inbox, close: () => db.close() };
}
