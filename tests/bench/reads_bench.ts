import { idBytes } from "../../adapters/libsql/connection/row.ts";
import { createAcceptStore } from "../../adapters/libsql/notifications/accept.ts";
import { issueRequestToken } from "../support/application.ts";
import { type BenchHark, openBenchHark } from "./bench_hark.ts";
import { type Case, inParallel, measure } from "./measure.ts";
import { startPlanning } from "./plans.ts";
import { printCosts } from "./table.ts";

const ROUNDS = 15;
const FEW = 1_000;
const MANY = 100_000;
const PAGE = 250;

/** Measures reads of a service with few stored notifications, and of one with many. */
export async function benchReads(folder: string): Promise<void> {
  const few = await openStored(`${folder}/few.db`, FEW);
  const many = await openStored(`${folder}/many.db`, MANY);
  const singleCosts = await measure(ROUNDS, [getCase(few, FEW), getCase(many, MANY)]);
  const lists = await measure(ROUNDS, [listCase(few, FEW), listCase(many, MANY)]);
  printCosts("5. Reading one notification", singleCosts);
  printCosts(`5. Reading a list of ${PAGE}`, lists);
  await few.bench.close();
  await many.bench.close();
}

interface Stored {
  readonly bench: BenchHark;
  /** Newest first. */
  readonly ids: readonly string[];
}

/** Stores notifications: the newest {@link FEW} are real; the older rows are never decrypted. */
async function openStored(file: string, count: number): Promise<Stored> {
  const bench = await openBenchHark(file);
  const { db, encryption, contexts, clock, serviceId } = bench;
  const planning = await startPlanning(bench, "sms");
  const store = createAcceptStore({ db, encryption, contexts, clock });
  const accepts = Array.from({ length: FEW }, () => planning.accept());
  await inParallel(accepts, 64, async (accept) => {
    if (!await store.accept(accept)) throw new Error("an accept was refused");
  });
  await db.write([{
    sql: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?),
        one AS MATERIALIZED (SELECT * FROM notifications WHERE service_id = ? LIMIT 1)
      INSERT INTO notifications (service_id, id, channel, key_kind, api_key_id, template_id,
        template_version, sender, fragments, international, urgent, status, status_at,
        created_at, recipient_hash, reference_hash, data_key_id, events, sealed)
      SELECT service_id, unhex(printf('%012x70008000000000000000', i)), channel,
        key_kind, api_key_id, template_id, template_version, sender, fragments,
        international, urgent, status, status_at, created_at, randomblob(16),
        iif(reference_hash IS NULL, NULL, randomblob(16)), data_key_id, events,
        randomblob(length(sealed))
      FROM n, one WHERE i <= ?`,
    args: [count - FEW, idBytes(serviceId), count - FEW],
  }]);
  return { bench, ids: accepts.map(({ notification }) => notification.id).reverse() };
}

function getCase({ bench, ids }: Stored, count: number): Case {
  return readCase(`GET one of ${count}`, bench, 16, (index) => `/${ids[index % ids.length]}`);
}

function listCase({ bench, ids }: Stored, count: number): Case {
  return readCase(`GET a page of ${count}`, bench, 2, (index) => `?older_than=${ids[index * 100]}`);
}

function readCase(
  name: string,
  { untailed, key }: BenchHark,
  operations: number,
  pathOf: (index: number) => string,
): Case {
  return {
    name,
    operations,
    async prepare() {
      const authorization = `Bearer ${await issueRequestToken(key)}`;
      const requests = Array.from(
        { length: operations },
        (_, index) =>
          new Request(`http://hark.test/v2/notifications${pathOf(index)}`, {
            headers: { authorization },
          }),
      );
      return async () => {
        for (const request of requests) {
          const response = await untailed.fetch(request);
          if (response.status !== 200) throw new Error(await response.text());
        }
      };
    },
  };
}
