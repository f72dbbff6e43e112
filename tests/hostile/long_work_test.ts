/** Requests that ask for long work, over a real process: they are refused cheaply, or served beside others. */
import assert from "node:assert/strict";
import { ADMIN_TOKEN, issueRequestToken } from "../support/application.ts";
import { mainThreadCpuMs } from "../support/main_thread.ts";
import {
  makeFolder,
  migrateFolder,
  pause,
  SANDBOX_ENVIRONMENT,
  serve,
  type ServingProcess,
} from "../support/process.ts";

/** The most CPU time of the main thread for a refused request. */
const MAX_REFUSAL_CPU_MS = 200;
/**
 * The most CPU time that the main thread uses while a health check or another service's send waits for its answer. It is
 * the time that they wait where no other process has the CPU, and the same where one has.
 */
const MAX_OTHERS_CPU_MS = 250;
/** How often a figure is measured; the best one counts. */
const ATTEMPTS = 6;

interface Service {
  readonly template: string;
  readonly test: string;
}

async function manage(url: string, path: string, body: unknown) {
  const answer = await fetch(`${url}/manage/services${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 201);
  return await answer.json();
}

async function newService(url: string): Promise<Service> {
  const { id } = await manage(url, "", { name: "Long work", mode: "live" });
  const template = { channel: "sms", name: "Text", body: "Hi ((name))" };
  return {
    template: (await manage(url, `/${id}/templates`, template)).id,
    test: (await manage(url, `/${id}/keys`, { name: "A key", kind: "test" })).key,
  };
}

async function post(url: string, path: string, key: string, body: BodyInit) {
  const authorization = `Bearer ${await issueRequestToken(key)}`;
  const answer = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { authorization },
    body,
  });
  return { status: answer.status, text: await answer.text() };
}

interface Case {
  readonly title: string;
  readonly path: (service: Service) => string;
  readonly body: (service: Service) => string;
  /** The message of the refusal; `undefined` where the request is served. */
  readonly refusal?: RegExp;
}

const SMS = () => "/v2/notifications/sms";
const BULK = () => "/v2/notifications/bulk";
const sms = ({ template }: Service, personalisation: string) =>
  `{"phone_number":"07700900123","template_id":"${template}","personalisation":${personalisation}}`;
const bulk = ({ template }: Service, rows: string) =>
  `{"name":"Long","template_id":"${template}","rows":[["phone number","name"],${rows}]}`;
const many = (count: number, item: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => item(at)).join(",");

const CASES: readonly Case[] = [
  {
    title: "400,000 personalisation keys",
    path: SMS,
    body: (service) => sms(service, `{${many(400_000, (at) => `"${at}":""`)}}`),
    refusal: /An object of the JSON has more than 1,000 keys/,
  },
  {
    title: "a personalisation of many small lists",
    path: SMS,
    body: (service) => sms(service, `{"a":[${many(1_600_000, () => "[]")}]}`),
    refusal: /The JSON has more than 100,000 values/,
  },
  {
    title: "5 MB of backslashes and quotation marks",
    path: SMS,
    body: (service) => sms(service, `{"name":"${'\\"'.repeat(2_500_000)}"}`),
    refusal: /Your message is too long/,
  },
  {
    title: "a number of five million digits",
    path: SMS,
    body: (service) => sms(service, `{"name":${"9".repeat(5_000_000)}}`),
    refusal: /A number in the JSON has more than 1,000 digits/,
  },
  {
    title: "17.8 MB of long numbers",
    path: BULK,
    body: (service) => bulk(service, many(850_000, () => "12345678901234567890")),
    refusal: /A list in the JSON has more than 200,000 items/,
  },
  {
    title: "100,000 rows as lists",
    path: BULK,
    body: (service) =>
      bulk(service, many(100_000, (at) => `["079009${10_000 + at % 90_000}",${at}]`)),
  },
  {
    title: "100,000 rows as csv",
    path: BULK,
    body: ({ template }) => {
      const rows = Array.from(
        { length: 100_000 },
        (_, at) => `079009${10_000 + at % 90_000},${at}`,
      );
      const csv = `phone number,name\n${rows.join("\n")}`;
      return JSON.stringify({ name: "Long", template_id: template, csv });
    },
  },
];

/** Measures until a measurement is good enough, or gives the best of {@link ATTEMPTS}. */
async function best(limit: number, measure: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS && least > limit; attempt++) {
    least = Math.min(least, await measure());
  }
  return least;
}

/** The most CPU time during one of the calls that are made, one after another, until the work has ended. */
async function mostCpuBeside(
  pid: number,
  work: Promise<unknown>,
  call: () => Promise<unknown>,
): Promise<number> {
  let isOver = false;
  work.finally(() => isOver = true);
  let most = 0;
  do {
    const before = await mainThreadCpuMs(pid);
    await call();
    most = Math.max(most, await mainThreadCpuMs(pid) - before);
    await pause(5);
  } while (!isOver);
  await work;
  return most;
}

async function health({ url }: ServingProcess) {
  const answer = await fetch(`${url}/healthz`);
  await answer.body?.cancel();
}

Deno.test({
  name: "start: refuses long work with little CPU, and serves others beside it",
  ignore: Deno.build.os !== "linux",
  async fn(t) {
    await using folder = await makeFolder();
    await migrateFolder(folder);
    await using server = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
    const { url, pid } = server;
    const other = await newService(url);
    const sendOther = async () => {
      const sent = await post(url, SMS(), other.test, sms(other, '{"name":"Ann"}'));
      assert.equal(sent.status, 201);
    };
    for (let warming = 0; warming < 20; warming++) await sendOther();

    for (const { title, path, body, refusal } of CASES) {
      await t.step(title, async () => {
        // Refusals use up the rate, and so each attempt is another service's.
        const prepare = async () => {
          const service = await newService(url);
          const bytes = new TextEncoder().encode(body(service));
          return async () => {
            const sent = await post(url, path(service), service.test, bytes);
            assert.equal(sent.status, refusal === undefined ? 201 : 400, sent.text.slice(0, 500));
            if (refusal !== undefined) assert.match(sent.text, refusal);
          };
        };
        if (refusal === undefined) {
          const most = await best(
            MAX_OTHERS_CPU_MS,
            async () => await mostCpuBeside(pid, (await prepare())(), () => health(server)),
          );
          assert.ok(most <= MAX_OTHERS_CPU_MS, `a health check waited for ${most} ms of CPU`);
          return;
        }
        const cpu = await best(MAX_REFUSAL_CPU_MS, async () => {
          const call = await prepare();
          const before = await mainThreadCpuMs(pid);
          await call();
          return await mainThreadCpuMs(pid) - before;
        });
        assert.ok(cpu <= MAX_REFUSAL_CPU_MS, `${cpu} ms of CPU`);
        const most = await best(MAX_OTHERS_CPU_MS, async () => {
          const calls = await Promise.all(Array.from({ length: 6 }, prepare));
          return await mostCpuBeside(pid, Promise.all(calls.map((call) => call())), sendOther);
        });
        assert.ok(most <= MAX_OTHERS_CPU_MS, `another service's send waited for ${most} ms of CPU`);
        if (Deno.env.has("SHOW")) console.log(title, cpu, most);
      });
    }
  },
});
