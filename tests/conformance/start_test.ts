/** How a process starts, its errors when it cannot, and how it stops. */

import assert from "node:assert/strict";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import manifest from "../../deno.json" with { type: "json" };
import {
  type Ended,
  type Folder,
  LAUNCHER,
  makeFolder,
  migrateFolder,
  run,
  SANDBOX_ENVIRONMENT,
  serve,
  spawn,
} from "../support/process.ts";
import { TESTED_PROGRAM } from "../support/tested_program.ts";
import { describeEvents, readEvents, STREAM } from "../routes/registry/inbox/support.ts";
import { startTestApplication } from "../support/application.ts";
import { issueToken, makeKeys, PROPER_CLAIMS, toJwks, TOKEN_RULES } from "../support/tokens.ts";
import { slow } from "../support/stand_ins/scripted_server.ts";
import { startProviders } from "./providers.ts";
import { callAs, manage, newService, newTemplate, reachAt, timelineOf } from "./services.ts";

/** The error of `start` in an empty folder. */
async function refusalOf(
  environment: Readonly<Record<string, string>>,
  prepare: (folder: Folder) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  await using folder = await makeFolder();
  await prepare(folder);
  return refused(await run(["start"], { folder, environment }));
}

/** The error output of a process that ended with 1: a sentence, never a stack trace. */
function refused({ code, stderr, stdout }: Ended): string {
  assert.equal(code, 1, `${stdout}\n${stderr}`);
  assert.match(stderr, /^Hark cannot start\.\n/);
  assert.doesNotMatch(stderr, /\n +at /);
  return stderr;
}

/** The parts of the `curl` that the screen of `dev` shows. */
function readCurl(screen: string) {
  const command = /^curl -sS [\s\S]*?'$/m.exec(screen)?.[0] ?? assert.fail(screen);
  const headers = [...command.matchAll(/-H "([^:]+): (.*)"/g)].map(([, name, value]) => ({
    name: name ?? "",
    value: value ?? "",
  }));
  return {
    url: /^curl -sS (\S+)/.exec(command)?.[1] ?? "",
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    body: /-d '([\s\S]+)'$/.exec(command)?.[1] ?? "",
  };
}

/** The parts of the screen that are the same at each start; the log follows below it. */
const lasting = (printed: string) =>
  printed.replaceAll(/localhost:\d+/g, "localhost").replaceAll(/^\{.*\n/gm, "")
    .replaceAll(/eyJ\S+/g, "access token");

Deno.test("dev: prints one screen in an empty folder, and its curl command works", async () => {
  await using folder = await makeFolder();
  let screen: string;
  {
    await using hark = await serve("dev", { folder, environment: { PORT: "0" } });
    screen = hark.stdout;
    assert(lasting(screen).split("\n").length <= 40, "it is one screen");
    assert.equal(hark.stderr, "");
    const curl = readCurl(screen);
    assert.equal(curl.headers["Authorization"], `Bearer $(${TESTED_PROGRAM.toShell("token")})`);
    const { stdout: token } = await run(["token"], { folder });
    const answer = await fetch(curl.url.replace("localhost", "127.0.0.1"), {
      method: "POST",
      headers: { ...curl.headers, "Authorization": `Bearer ${token.trim()}` },
      body: curl.body,
    });
    const sent = await answer.json();
    assert.equal(answer.status, 201, JSON.stringify(sent));

    // The response comes when the notification is stored; it is sent afterwards.
    let page = "";
    while (!/Hello Ann, your appointment is on 1 May/.test(page)) {
      const answer = await fetch(`${hark.url}/dev/mailbox`);
      assert.equal(answer.status, 200);
      page = await answer.text();
    }
    const mailbox = await (await fetch(`${hark.url}/dev/mailbox.json`)).text();
    assert.match(mailbox, new RegExp(sent.id));

    const reach = reachAt(() => hark.url);
    const adminToken = /Admin token +(\S+)/.exec(screen)?.[1] ?? "";
    const services = await fetch(`${hark.url}/manage/services`, {
      headers: { "Authorization": `Bearer ${adminToken}` },
    });
    assert.equal(services.status, 200);
    const names = (await services.json()).services.map(({ name }: { name: string }) => name);
    assert.deepEqual(names.toSorted(), ["Demo service", "Registry"]);
    for (const kind of ["live", "team", "test"]) {
      const key = new RegExp(`${kind} key +(\\S+)`).exec(screen)?.[1] ?? "";
      assert.match(key, new RegExp(`^demo_${kind}-[0-9a-f-]{73}$`));
      const { status } = await callAs(reach, key, "GET", "/v2/templates");
      assert.equal(status, 200);
    }
    assert.equal((await hark.kill("SIGINT")).code, 0);
  }
  await using again = await serve("dev", { folder, environment: { PORT: "0" } });
  assert.equal(lasting(again.stdout), lasting(screen));
  if (Deno.build.os !== "windows") {
    const { mode } = await Deno.stat(`${folder.path}/.data/development.json`);
    assert.equal((mode ?? 0) & 0o077, 0, "the keys are for their owner only");
  }
});

Deno.test("the token task: says what to do when dev was never started", async () => {
  await using folder = await makeFolder();
  const { code, stderr } = await run(["token"], { folder });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^There is no demo key yet: start ".* dev" first, in this folder\.\n$/,
  );
});

Deno.test("start: names each required variable when none is set", async () => {
  const said = await refusalOf({});
  for (const name of ["DATABASE_URL", "MASTER_KEY", "ADMIN_TOKEN"]) {
    assert.match(said, new RegExp(`^${name} is missing: .+$`, "m"));
  }
});

Deno.test("start: names each invalid variable without quoting its value", async () => {
  const said = await refusalOf({
    PORT: "many",
    DATABASE_URL: "sqlite:hark.db",
    MASTER_KEY: "c2VjcmV0",
    ADMIN_TOKEN: "secret",
    PUBLIC_URL: "hark.example",
    EMAIL_PROVIDER: "pigeon",
  });
  for (
    const name of [
      "PORT",
      "DATABASE_URL",
      "MASTER_KEY",
      "ADMIN_TOKEN",
      "PUBLIC_URL",
      "EMAIL_PROVIDER",
    ]
  ) {
    assert.match(said, new RegExp(`^${name} `, "m"));
  }
  assert.doesNotMatch(said, /c2VjcmV0|secret|sqlite|pigeon/);
});

Deno.test("start: requires the sandbox to be chosen by name", async () => {
  const { EMAIL_PROVIDER: _email, SMS_PROVIDER: _sms, ...unconnected } = SANDBOX_ENVIRONMENT;
  assert.match(
    await refusalOf(unconnected, migrateFolder),
    /POSTMARK_SERVER_TOKEN is missing: .*EMAIL_PROVIDER=sandbox/,
  );
  assert.match(
    await refusalOf({ ...unconnected, EMAIL_PROVIDER: "sandbox" }, migrateFolder),
    /TWILIO_ACCOUNT_SID is missing: .*SMS_PROVIDER=sandbox/,
  );
  assert.match(
    await refusalOf(
      { ...SANDBOX_ENVIRONMENT, EMAIL_PROVIDER: "postmark", SMS_PROVIDER: "sandbox" },
      migrateFolder,
    ),
    /POSTMARK_SERVER_TOKEN is missing/,
  );
});

Deno.test("start: serves no mailbox and no development pages", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  await using hark = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
  for (const path of ["/dev/mailbox", "/dev/mailbox.json"]) {
    const answer = await fetch(`${hark.url}${path}`);
    await answer.body?.cancel();
    assert.equal(answer.status, 404);
  }
  assert.equal((await manage(reachAt(() => hark.url), "GET", "/_status")).body.status, "ok");
});

Deno.test("start: asks to migrate an empty database, and migrate does it once", async () => {
  await using folder = await makeFolder();
  const environment = SANDBOX_ENVIRONMENT;
  const said = refused(await run(["start"], { folder, environment }));
  assert.match(said, /schema 0, .* run "deno task migrate"/);

  const database = { DATABASE_URL: "file:hark.db" };
  const first = await run(["migrate"], { folder, environment: database });
  assert.deepEqual([first.code, first.stderr], [0, ""]);
  assert.match(first.stdout, /^migrated: core/);
  assert.match(first.stdout, /^the database is new: .*check DATABASE_URL$/m);
  const second = await run(["migrate"], { folder, environment: database });
  assert.deepEqual([second.code, second.stdout], [0, "nothing to migrate\n"]);
  const files = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  assert(files.every((name) => name.startsWith("hark.db")), `it left ${files}`);
  await using _hark = await serve("start", { folder, environment });
});

Deno.test("start, dev and migrate: refuse a database with a newer schema", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const db = await openDatabase({ url: `file:${folder.path}/hark.db` });
  await db.write(["INSERT INTO schema_migrations VALUES (999, 'from the future', 0)"]);
  db.close();
  for (const command of ["start", "dev", "migrate"]) {
    const ended = await run([command], { folder, environment: SANDBOX_ENVIRONMENT });
    assert.match(refused(ended), /schema 999, newer than this code's \d+: run a newer Hark/);
  }
});

Deno.test("start: names the port when it is in use", async () => {
  using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const { port } = listener.addr;
  const said = await refusalOf({ ...SANDBOX_ENVIRONMENT, PORT: String(port) }, migrateFolder);
  assert.match(said, new RegExp(`PORT ${port} is in use`));
});

Deno.test("start: names DATABASE_URL when the database cannot be opened", async () => {
  const file = await refusalOf({ ...SANDBOX_ENVIRONMENT, DATABASE_URL: "file:no/such/folder/db" });
  assert.match(file, /DATABASE_URL cannot be opened: .*; create its folder/);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const remote = await refusalOf({
    ...SANDBOX_ENVIRONMENT,
    DATABASE_URL: `http://127.0.0.1:${port}`,
    DATABASE_AUTH_TOKEN: "secret-token",
  });
  assert.match(remote, /DATABASE_URL cannot be opened: .*; check its address/);
  assert.doesNotMatch(remote, /secret-token/);
});

/** The commands of the program in their order; `help` is the last. */
const COMMANDS = "dev, start, migrate, backup, operator, account, audit, receipts, doctor, token"
  .split(", ").concat(TESTED_PROGRAM.furtherCommands, "help");

Deno.test("main: refuses an unknown command and lists the known ones", async () => {
  await using folder = await makeFolder();
  await using process = spawn(["begin"], { folder });
  const { code, stderr } = await process.ended;
  assert.equal(code, 2);
  assert.equal(stderr, `unknown command "begin": ${COMMANDS.join(", ")}\n`);
});

Deno.test("main: refuses surplus arguments with the command's usage, and does nothing", async () => {
  await using folder = await makeFolder();
  const calls = [
    [["migrate", "extra"], "no arguments", "migrate"],
    [["start", "extra"], "no arguments", "start"],
    [
      ["token", "citizen", "ann", "extra"],
      "an API key, or a role and a recipient's id",
      "token [KEY|ROLE [RECIPIENT-ID]]",
    ],
  ] as const;
  for (const [args, meaning, usage] of calls) {
    const { code, stdout, stderr } = await run(args, { folder });
    const refusal = `The command takes ${meaning}: ${TESTED_PROGRAM.toShell(usage)}\n`;
    assert.deepEqual([code, stdout, stderr], [2, "", refusal]);
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});

Deno.test("main: prints the usage text for help, --help and -h, without a permission or a file", async () => {
  await using folder = await makeFolder();
  await Deno.chmod(folder.path, 0o555);
  const calls = [["help"], ["--help"], ["-h"], ["backup", "--help"]];
  const [first, ...others] = await Promise.all([
    ...calls.map((args) => run(args, { folder, permissions: ["--no-prompt"] })),
    run(["start", "-h"], { folder }, LAUNCHER),
  ]);
  assert.ok(first !== undefined);
  assert.deepEqual([first.code, first.stderr], [0, ""]);
  others.forEach((other) => assert.deepEqual(other, first));
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
  const [usage, space, ...lines] = first.stdout.trimEnd().split("\n");
  assert.deepEqual([usage, space], [
    `Usage: ${TESTED_PROGRAM.toShell("COMMAND [ARGUMENT...]")}`,
    "",
  ]);
  assert.deepEqual(lines.map((line) => /^ {2}(\S+) +\S.*$/.exec(line)?.[1]), COMMANDS);
  assert.deepEqual(lines.filter((line) => line.length > 80), []);
  const defaults = lines.filter((line) => line.endsWith(" (the default)"));
  assert.deepEqual(defaults.map((line) => line.split(" ")[2]), ["start"]);
  const tasks = COMMANDS.filter((name) => !TESTED_PROGRAM.furtherCommands.includes(name));
  assert.deepEqual(tasks.filter((name) => !Object.hasOwn(manifest.tasks, name)), []);
});

Deno.test("SIGTERM: finishes attempts in flight before the process ends", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  await using providers = await startProviders();
  const { twilio, environment } = providers;
  twilio.always(slow(500));
  const ids: string[] = [];
  let serviceId: string;
  {
    await using hark = await serve("start", { folder, environment });
    const reach = reachAt(() => hark.url);
    const service = await newService(reach);
    serviceId = service.id;
    const template_id = await newTemplate(reach, serviceId, {
      channel: "sms",
      name: "Text",
      body: "Hello",
    });
    const answers = await Promise.all(
      Array.from(
        { length: 20 },
        () =>
          callAs(reach, service.keys.live, "POST", "/v2/notifications/sms", {
            template_id,
            phone_number: "07900900123",
          }),
      ),
    );
    for (const { status, body } of answers) {
      assert.equal(status, 201);
      ids.push(body.id);
    }
    const { code, stdout, stderr } = await hark.kill("SIGTERM");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /"event":"stopped"/);
  }
  assert.equal(twilio.accepted.length, 20);
  await using again = await serve("start", { folder, environment });
  const reach = reachAt(() => again.url);
  for (const id of ids) {
    const events = await timelineOf(reach, serviceId, id);
    assert.deepEqual(events.map(({ kind, outcome, status }) => outcome ?? status ?? kind), [
      "created",
      "attempt-started",
      "accepted",
      "sending",
    ]);
  }
});

Deno.test("SIGTERM: ends inbox streams without waiting for them", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const keys = await makeKeys("ES256", "start");
  const environment = {
    ...SANDBOX_ENVIRONMENT,
    ACCESS_TOKEN_JWKS: toJwks(keys),
    ...TOKEN_RULES,
  };
  const db = await openDatabase({ url: `file:${folder.path}/hark.db` });
  await using hark = await serve("start", { folder, environment });
  const token = await issueToken(keys, PROPER_CLAIMS, { now: Date.now() });
  const reader = readEvents(
    await fetch(`${hark.url}${STREAM}`, { headers: { "x-access-token": token } }),
  );
  assert.equal((await reader.upTo("count")).at(-1)?.data.total, 0);
  const other = await startTestApplication({ db, registry: keys });
  const id = await other.putMessage("citizen-1");
  assert.deepEqual(describeEvents(await reader.upTo("count")), [`1 message ${id}`, "1 count 1/1"]);
  const [{ code, stdout }, rest] = await Promise.all([hark.kill("SIGTERM"), reader.rest()]);
  assert.deepEqual([code, rest], [0, []]);
  assert.match(stdout, /"event":"stopped"/);
  await other.close();
  db.close();
});
