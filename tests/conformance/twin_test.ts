/** The twin and Hark as their users start them: two processes, one controlled over HTTP. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { ADMIN_TOKEN } from "../support/application.ts";
import {
  type Folder,
  makeFolder,
  migrateFolder,
  run,
  type RunningProcess,
  SANDBOX_ENVIRONMENT,
  serve,
  spawn,
  waitFor,
} from "../support/process.ts";
import { callAs, manage, reachAt, timelineOf } from "./services.ts";

const TWIN = new URL("../../tools/twin/main.ts", import.meta.url);
/** The permissions of `deno task twin`. */
const PERMISSIONS = ["--allow-net", "--allow-read", "--allow-env"];
const NUMBER = "+447700900123";

interface Twin extends AsyncDisposable {
  readonly url: string;
  readonly process: RunningProcess;
  /** The lines that it prints for Hark. */
  readonly environment: Readonly<Record<string, string>>;
  // deno-lint-ignore no-explicit-any -- what a test asserts on is what it expects to be there
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function startTwin(folder: Folder, args: readonly string[] = []): Promise<Twin> {
  const hark = `http://localhost:${await freePort()}`;
  const process = spawn(
    ["--port=0", `--hark=${hark}`, ...args],
    { folder, permissions: PERMISSIONS },
    TWIN,
  );
  const port = await waitFor(
    "the twin",
    () => /localhost:(\d+)\/twin[\s\S]*task dev/.exec(process.stdout)?.[1],
  );
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    process,
    environment: Object.fromEntries(
      [...process.stdout.matchAll(/^export (\w+)='?(.*?)'?$/gm)].map((
        [, name, value],
      ) => [name, value]),
    ),
    async call(method, path, body) {
      const answer = await fetch(`${url}${path}`, {
        method,
        ...(body === undefined
          ? {}
          : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
    },
    [Symbol.asyncDispose]: process[Symbol.asyncDispose],
  };
}

/** Hark in development, with the twin's providers and its demo service. */
async function startHark(folder: Folder, { environment }: Twin, further = {}) {
  const process = await serve("dev", {
    folder,
    environment: { ...environment, ADMIN_TOKEN, ...further },
  });
  const file = await Deno.readTextFile(`${folder.path}/.data/development.json`);
  const { demo } = JSON.parse(file);
  const reach = reachAt(() => process.url);
  const call = (method: string, path: string) => callAs(reach, demo.keys.live, method, path);
  const service = `/manage/services/${demo.serviceId}`;
  async function send(channel: "sms" | "email", to: string): Promise<string> {
    const recipient = channel === "sms" ? { phone_number: to } : { email_address: to };
    const sent = await callAs(reach, demo.keys.live, "POST", `/v2/notifications/${channel}`, {
      ...recipient,
      template_id: demo.templates[channel],
      personalisation: { name: "Ann", date: "1 May", bring: "no" },
    });
    assert.equal(sent.status, 201, JSON.stringify(sent.body));
    return sent.body.id;
  }
  const eventsOf = (id: string) => timelineOf(reach, demo.serviceId, id);
  async function toBecome(id: string, status: string): Promise<void> {
    const path = `/v2/notifications/${id}`;
    await waitFor(status, async () => (await call("GET", path)).body.status === status);
  }
  return {
    process,
    call,
    send,
    eventsOf,
    toBecome,
    manage: (method: string, path: string, body?: unknown) =>
      manage(reach, method, `${service}${path}`, body),
    attempts: (id: string) =>
      waitFor("an attempt", async () => {
        const events = await eventsOf(id);
        return events.some(({ outcome }) => outcome !== undefined) && events;
      }),
    [Symbol.asyncDispose]: process[Symbol.asyncDispose],
  };
}

async function script(twin: Twin, body: unknown): Promise<void> {
  const set = await twin.call("POST", "/twin/script", body);
  assert.equal(set.status, 204, JSON.stringify(set.body));
}

async function advance(twin: Twin, by: string): Promise<number> {
  const moved = await twin.call("POST", "/twin/clock", { advance: by });
  assert.equal(moved.status, 200, JSON.stringify(moved.body));
  return moved.body.ahead_seconds;
}

const DOWN = { answer: "error", status: 503, code: 20503 };

Deno.test("twin: a text that meets errors for three days of moved time ends as technical-failure with its reason; another is delivered after a moved hour", async () => {
  await using folder = await makeFolder();
  await using twin = await startTwin(folder);
  await using hark = await startHark(folder, twin);
  const since = performance.now();
  await script(twin, { provider: "twilio", always: DOWN });
  const failed = await hark.send("sms", NUMBER);
  await hark.attempts(failed);
  assert.equal(await advance(twin, "3d"), 3 * 86_400);
  await hark.toBecome(failed, "technical-failure");
  const [attempt, last] = (await hark.eventsOf(failed)).slice(-2);
  assert.deepEqual([attempt?.outcome, attempt?.code], ["not-sent", "20503"]);
  assert.equal(last?.status, "technical-failure");

  const late = await hark.send("sms", NUMBER);
  await hark.attempts(late);
  await script(twin, {
    provider: "twilio",
    always: null,
    receipts: [{ status: "delivered", after: "2h" }],
  });
  await advance(twin, "1h");
  await hark.toBecome(late, "sending");
  const { body } = await twin.call("GET", "/twin/messages");
  assert.deepEqual(body.messages.map(({ to }: { to: string }) => to), [NUMBER]);
  assert.equal(await advance(twin, "2h"), 3 * 86_400 + 3 * 3_600);
  await hark.toBecome(late, "delivered");
  assert.ok(performance.now() - since < 45_000);
});

Deno.test("twin: a lost answer is found by a search and sent once; a lost receipt is polled for", async () => {
  await using folder = await makeFolder();
  await using twin = await startTwin(folder);
  await using hark = await startHark(folder, twin);
  await script(twin, {
    provider: "twilio",
    next: [{ answer: "lost" }],
    receipts: [{ status: "delivered", after: "2h", lost: true }],
  });
  const id = await hark.send("sms", NUMBER);
  await hark.attempts(id);
  await advance(twin, "5m");
  await hark.toBecome(id, "sending");
  await advance(twin, "4h");
  await hark.toBecome(id, "delivered");
  const { body } = await twin.call("GET", "/twin/messages?provider=twilio");
  assert.equal(body.messages.length, 1);
});

Deno.test("twin: sends doubled, forged and late receipts in any order, bounces, and a person's STOP", async () => {
  await using folder = await makeFolder();
  await using twin = await startTwin(folder);
  await using hark = await startHark(folder, twin);
  await script(twin, {
    provider: "twilio",
    next: [{ answer: "receipt-first" }],
    receipts: [
      { status: "failed", code: 30003, after: "0s", forged: true },
      { status: "delivered", after: "1s", times: 2 },
      { status: "sent", after: "2s" },
    ],
  });
  const text = await hark.send("sms", NUMBER);
  await hark.toBecome(text, "delivered");
  const receipts = await waitFor("the last receipt", async () => {
    const { body } = await twin.call("GET", `/twin/messages?to=${encodeURIComponent(NUMBER)}`);
    const [{ receipts }] = body.messages;
    return receipts.every(({ answers }: { answers?: unknown }) => answers !== undefined) &&
      receipts;
  });
  assert.deepEqual(
    receipts.map(({ status, answers }: { status: string; answers: unknown }) => [status, answers]),
    [["failed", [401]], ["delivered", [200, 200]], ["sent", [200]]],
  );
  await hark.toBecome(text, "delivered");

  await script(twin, { provider: "postmark", receipts: [{ status: "HardBounce", after: "0s" }] });
  const email = await hark.send("email", "ann@example.com");
  await hark.toBecome(email, "permanent-failure");

  const number = "+447700900999";
  assert.equal((await hark.manage("POST", "/inbound_numbers", { number })).status, 201);
  const person = { from: NUMBER, to: number };
  const stopped = await twin.call("POST", "/twin/inbound", { ...person, text: "STOP" });
  assert.equal(stopped.status, 200);
  assert.equal(stopped.body.answers[0].status, 200);
  assert.match(stopped.body.answers[0].body, /<Response><Message>/);
  const forged = await twin.call("POST", "/twin/inbound", { ...person, text: "Hi", forged: true });
  assert.equal(forged.body.answers[0].status, 401);
  const received = await hark.call("GET", "/v2/received-text-messages");
  assert.deepEqual(
    received.body.received_text_messages.map(({ content }: { content: string }) => content),
    ["STOP"],
  );
});

Deno.test("twin: Vonage's receipts, errors and a person's STOP, and answers of a mail server", async () => {
  await using folder = await makeFolder();
  await using twin = await startTwin(folder);
  const further = { SMS_PROVIDER: "vonage", EMAIL_PROVIDER: "smtp" };
  await using hark = await startHark(folder, twin, further);
  await script(twin, {
    provider: "vonage",
    next: [{ answer: "error", status: 429, code: 1000 }, { answer: "receipt-first" }],
    receipts: [{ status: "rejected", code: 1240, after: "0s", forged: true }],
  });
  const text = await hark.send("sms", NUMBER);
  await hark.toBecome(text, "delivered");
  const receipts = await waitFor("the forged receipt", async () => {
    const { body } = await twin.call("GET", "/twin/messages?provider=vonage");
    const [{ receipts }] = body.messages;
    return receipts[0].answers !== undefined && receipts;
  });
  assert.deepEqual(receipts[0].answers, [401]);
  const outcomes = (await hark.eventsOf(text)).filter(({ outcome }) => outcome !== undefined);
  assert.deepEqual(outcomes.map(({ outcome, code }) => [outcome, code])[0], ["not-sent", "1000"]);

  await script(twin, {
    provider: "vonage",
    receipts: [{ status: "undeliverable", code: 1190, after: "0s" }],
  });
  await hark.toBecome(await hark.send("sms", NUMBER), "permanent-failure");

  await script(twin, { provider: "smtp", next: [{ answer: "error", status: 451 }] });
  const email = await hark.send("email", "ann@example.com");
  await hark.toBecome(email, "sent");
  const { body: { messages: [mail] } } = await twin.call("GET", "/twin/messages?provider=smtp");
  assert.deepEqual([mail.to, mail.receipts], ["ann@example.com", []]);
  const [late] = (await hark.eventsOf(email)).filter(({ outcome }) => outcome !== undefined);
  assert.equal(late?.outcome, "not-sent");

  const number = "+447700900999";
  assert.equal((await hark.manage("POST", "/inbound_numbers", { number })).status, 201);
  const stop = { provider: "vonage", from: NUMBER, to: number, text: "STOP" };
  const stopped = await twin.call("POST", "/twin/inbound", { ...stop, times: 2 });
  assert.deepEqual(stopped.body, { answers: [{ status: 200 }, { status: 200 }] });
  const forged = await twin.call("POST", "/twin/inbound", { ...stop, forged: true });
  assert.deepEqual(forged.body, { answers: [{ status: 401 }] });
  const received = await hark.call("GET", "/v2/received-text-messages");
  assert.equal(received.body.received_text_messages.length, 1);
  // Hark's reply to STOP is a text of its own, on which it wants no reports.
  const reply = await waitFor("the reply", async () => {
    const { body } = await twin.call("GET", "/twin/messages?provider=vonage");
    const [{ from, receipts: [receipt] }] = body.messages;
    return `+${from}` === number && receipt?.answers !== undefined && receipt;
  });
  assert.deepEqual([reply.answers, reply.error], [[], undefined]);
});

Deno.test("twin: a script file is followed step by step; a restart of Hark keeps the moved clock", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/script.json`;
  const steps = [
    { script: { provider: "twilio", always: DOWN } },
    { wait: { calls: 1 } },
    { wait: { for: "1s" } },
    { clock: { advance: "3d" } },
  ];
  await Deno.writeTextFile(path, JSON.stringify(steps));
  await using twin = await startTwin(folder, [`--script=${path}`]);
  let hark = await startHark(folder, twin);
  const id = await hark.send("sms", NUMBER);
  await hark.toBecome(id, "technical-failure");
  await waitFor("the end of the script", () => twin.process.stdout.includes("step 4 of 4: clock"));
  await hark.process.kill("SIGTERM");
  hark = await startHark(folder, twin);
  await using _restarted = hark;
  assert.match(hark.process.stdout, /Clock {8}259200 s ahead of this machine's/);
  assert.equal((await twin.call("GET", "/twin/clock")).body.ahead_seconds, 259_200);
});

Deno.test("twin: says why it cannot start, and why a clock is not moved: no Hark, or one in production", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/script.json`;
  await Deno.writeTextFile(
    path,
    JSON.stringify([{ wait: { for: "1s" } }, { clock: { by: "3d" } }]),
  );
  const cases = [
    ["--port=x", /--port must be a port with 5 more after it/],
    ["--port=65531", /--port must be a port with 5 more after it/],
    ["--hark=https://hark.example.gov", /--hark must be an address such as/],
    ["--hark=http://localhost:8787/v2", /--hark must be an address such as/],
    ["--help", /Usage: deno task twin/],
    ["--script=missing.json", /missing.json cannot be read/],
    [`--script=${path}`, /step 2: clock: advance must be a duration of whole seconds/],
  ] as const;
  for (const [argument, message] of cases) {
    const { code, stderr } = await run([argument], { folder, permissions: PERMISSIONS }, TWIN);
    assert.equal(code, 1, argument);
    assert.match(stderr, message);
  }
  await migrateFolder(folder);
  await using twin = await startTwin(folder);
  const away = await twin.call("POST", "/twin/clock", { advance: "3d" });
  assert.equal(away.status, 502);
  assert.match(away.body.error, /^Hark does not answer at http:\/\/localhost:\d+: start it/);
  const { PORT = "" } = twin.environment;
  await using _production = await serve("start", {
    folder,
    environment: { ...SANDBOX_ENVIRONMENT, PORT },
  });
  const refused = await twin.call("POST", "/twin/clock", { advance: "3d" });
  assert.equal(refused.status, 502);
  assert.match(refused.body.error, /has no clock to move: start it with "deno task dev"/);
  assert.equal((await twin.call("GET", "/twin/clock")).body.ahead_seconds, 0);
});
