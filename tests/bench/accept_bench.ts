import { issueRequestToken } from "../support/application.ts";
import { type BenchHark, openBenchHark } from "./bench_hark.ts";
import { type Floor, openFloor } from "./floor.ts";
import { type Case, inParallel, measure } from "./measure.ts";
import { emailBody, smsBody } from "./messages.ts";
import { printCosts } from "./table.ts";

const ROUNDS = 21;
const PARALLEL = 32;
/** The requests of a run. */
const REQUESTS = { oneByOne: 16, parallel: 64 };

interface Caller {
  readonly send: (request: Request) => Promise<Response> | Response;
  readonly channel?: "sms" | "email";
  /** Waits for the work after the responses; timed. */
  readonly drain?: () => Promise<void>;
}

/** Measures an accept, from the request to the response, beside the floor. */
export async function benchAccept(folder: string): Promise<void> {
  const hark = await openBenchHark(`${folder}/accept.db`);
  const tailed = await openBenchHark(`${folder}/tail.db`);
  const floors = await openFloors(hark, folder);
  const floorAlone: Caller = { send: (request) => floors.alone.app.fetch(request) };
  const floorShared: Caller = { send: (request) => floors.shared.app.fetch(request) };
  const accept: Caller = { send: (request) => hark.untailed.fetch(request) };
  const whole: Caller = { send: tailed.send, drain: tailed.drain };
  const costs = await measure(ROUNDS, [
    acceptCase("floor", hark, floorAlone, 1),
    acceptCase("Hark", hark, accept, 1),
    acceptCase("Hark, sending included", tailed, whole, 1),
    acceptCase("floor, group commit", hark, floorShared, PARALLEL),
    acceptCase("Hark", hark, accept, PARALLEL),
    acceptCase("Hark, e-mail of 2 kB", hark, { ...accept, channel: "email" }, PARALLEL),
    acceptCase("Hark, sending included", tailed, whole, PARALLEL),
    acceptCase("floor, every request commits alone", hark, floorAlone, PARALLEL),
  ]);
  printCosts("1. An accept, one request at a time", costs.slice(0, 3));
  printCosts(`1. An accept, ${PARALLEL} requests at once`, costs.slice(3));
  floors.alone.close();
  floors.shared.close();
  await hark.close();
  await tailed.close();
}

function acceptCase(
  name: string,
  { key, smsTemplateId, emailTemplateId }: BenchHark,
  { send, channel = "sms", drain }: Caller,
  workers: number,
): Case {
  const operations = workers === 1 ? REQUESTS.oneByOne : REQUESTS.parallel;
  const body = channel === "sms" ? smsBody(smsTemplateId) : emailBody(emailTemplateId);
  return {
    name,
    operations,
    async prepare() {
      const headers = {
        authorization: `Bearer ${await issueRequestToken(key)}`,
        "content-type": "application/json",
      };
      const url = `http://hark.test/v2/notifications/${channel}`;
      const requests = Array.from(
        { length: operations },
        () => new Request(url, { method: "POST", headers, body }),
      );
      return async () => {
        await inParallel(requests, workers, async (request) => {
          const response = await send(request);
          if (response.status !== 201) throw new Error(await response.text());
        });
        await drain?.();
      };
    },
  };
}

async function openFloors(
  { key, db, send, smsTemplateId }: BenchHark,
  folder: string,
): Promise<{ readonly alone: Floor; readonly shared: Floor }> {
  const authorization = `Bearer ${await issueRequestToken(key)}`;
  const url = "http://hark.test/v2/notifications/sms";
  const body = smsBody(smsTemplateId);
  const sent = await send(new Request(url, { method: "POST", headers: { authorization }, body }));
  if (sent.status !== 201) throw new Error(await sent.text());
  const [result] = await db.read(["SELECT * FROM notifications LIMIT 1"]);
  const row = Object.values(result?.rows[0] ?? {});
  const rowBytes = row.map(sizeOf).reduce((sum, size) => sum + size, 0);
  const options = { key, rowBytes };
  return {
    alone: await openFloor(`${folder}/floor_alone.db`, { ...options, share: false }),
    shared: await openFloor(`${folder}/floor_shared.db`, { ...options, share: true }),
  };
}

/** The approximate size of a value in a row of SQLite. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof ArrayBuffer) return value.byteLength;
  return typeof value === "number" ? 6 : 0;
}
