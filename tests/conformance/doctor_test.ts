/** `deno task doctor` as a process of its own, about deployments that are in order and that are not. */
import assert from "node:assert/strict";
import { type Ended, makeFolder, run } from "../support/process.ts";
import { TESTED_PROGRAM } from "../support/tested_program.ts";
import { startCheckedScene } from "./checked_scene.ts";
import { newService, reachAt } from "./services.ts";

const NUMBER = "+447900900123";
const ADDRESS = "operator@example.com";
/** Another master key, as "openssl rand -base64 32" prints it. */
const OTHER_KEY = "yWypbh3eV0OvkeqdiyVZxhrzIKjcy0ohAK/SsysYabE=";

/** The lines of a level, without it. */
const linesOf = ({ stdout }: Ended, level: string) =>
  stdout.split("\n").filter((line) => line.startsWith(level)).map((line) => line.slice(9));

Deno.test("deno task doctor: finds no fault in a deployment that is in order, and sends a test message by each provider", async () => {
  await using scene = await startCheckedScene("doctor");
  const { publicUrl, providers: { postmark, twilio }, check } = scene;
  const quiet = await check();
  assert.deepEqual([quiet.code, linesOf(quiet, "fault"), quiet.stderr], [0, [], ""], quiet.stdout);
  assert.deepEqual([twilio.accepted, postmark.accepted], [[], []]);
  const ok = linesOf(quiet, "ok");
  for (
    const expected of [
      /^configuration: start accepts it$/,
      /^database: it has this version's schema, and answers in \d+ ms$/,
      /^database: MASTER_KEY opens its keys$/,
      /^sending: nothing due waits for long$/,
      /^process: it is ready: its database answers, and its background work runs$/,
      /^files: \d+ MB are free on the disk of /,
      /^providers: postmark \(email\): receipts arrive: /,
      /^providers: twilio \(sms\): receipts arrive: /,
    ]
  ) assert.ok(ok.some((line) => expected.test(line)), `${expected}\n${quiet.stdout}`);
  assert.ok(ok.includes(`address: ${publicUrl} leads to Hark`));

  const sent = await check(["--json", "--to", NUMBER, "--to", ADDRESS]);
  assert.equal(sent.code, 0, sent.stdout);
  const { status, findings } = JSON.parse(sent.stdout);
  assert.ok(status === "ok" || status === "warning", sent.stdout);
  const texts = findings.filter(({ part }: { part: string }) => part === "providers")
    .map(({ text }: { text: string }) => text);
  for (const text of texts) assert.match(text, /that of the test message came within \d+ s$/);
  assert.deepEqual(twilio.accepted.map(({ to }) => to), [NUMBER]);
  assert.deepEqual(postmark.accepted.map(({ To }) => To), [ADDRESS]);
  for (const secret of [NUMBER, ADDRESS, "twilio-token", "webhook-password", OTHER_KEY]) {
    assert.ok(!quiet.stdout.includes(secret) && !sent.stdout.includes(secret), secret);
  }
});

Deno.test("deno task doctor: names each fault of a deployment, and what to do", async () => {
  await using scene = await startCheckedScene("doctor");
  const { publicUrl, localUrl, providers: { postmark }, check } = scene;
  // The database has keys from its first service on.
  await newService(reachAt(() => localUrl));
  postmark.changeWebhook({ Url: "https://old.example.org/receipts/postmark" });
  const wrong = async (
    environment: Readonly<Record<string, string>>,
    ...expected: readonly (readonly [level: "fault" | "warning" | "ok", RegExp])[]
  ) => {
    const ended = await check([], environment);
    assert.equal(ended.code, 1, ended.stdout + ended.stderr);
    for (const [level, line] of expected) {
      assert.ok(
        linesOf(ended, level).some((each) => line.test(each)),
        `${line}\n${ended.stdout}${ended.stderr}`,
      );
    }
  };
  await Promise.all([
    wrong(
      { PUBLIC_URL: "http://localhost:2", TRUSTED_PROXIES: "0.0.0.0/0", TWILIO_TOKEN: "x" },
      [
        "fault",
        new RegExp(
          `^address: http://localhost:2 cannot be called \\(tcp connect error: Connection refused .*\\)\\. A process answers at ${localUrl}: check PUBLIC_URL, DNS, TLS`,
        ),
      ],
      ["fault", /^proxies: TRUSTED_PROXIES has a range that is wider/],
      ["fault", /^providers: twilio \(sms\): receipts do not arrive: .*check PUBLIC_URL/],
      ["warning", /^configuration: TWILIO_TOKEN is not a variable of Hark/],
    ),
    wrong(
      { MASTER_KEY: OTHER_KEY, TWILIO_AUTH_TOKEN: "another-token" },
      ["fault", /^database: .*MASTER_KEY/],
      ["fault", /^providers: twilio \(sms\): receipts do not arrive: .* answered 401/],
      [
        "fault",
        new RegExp(
          `^providers: postmark .*Postmark has no webhook for ${publicUrl}/receipts/postmark$`,
        ),
      ],
    ),
    wrong(
      { DATABASE_URL: "file:missing.db", ADMIN_TOKEN: "short", FILES_DIR: "/proc/files" },
      ["fault", /^configuration: ADMIN_TOKEN has under/],
      ["fault", /^database: missing\.db does not exist: create it with ".* migrate"$/],
    ),
    wrong(
      { DATABASE_URL: "durable-object:" },
      ["ok", /^database: it is in the Worker's Durable Object/],
    ),
    wrong(
      { DATABASE_URL: "http://127.0.0.1:1" },
      [
        "fault",
        /^database: DATABASE_URL cannot be opened: .*check its address and whether its server runs/,
      ],
    ),
  ]);
});

Deno.test("deno task doctor: ends with 1 and every problem of the configuration, and with 2 for wrong arguments", async () => {
  await using folder = await makeFolder();
  const [empty, wrong] = await Promise.all([
    run(["doctor", "--json"], { folder }),
    run(["doctor", "--all"], { folder }),
  ]);
  assert.equal(empty.code, 1);
  const { status, findings } = JSON.parse(empty.stdout);
  assert.equal(status, "fault");
  for (const name of ["DATABASE_URL", "MASTER_KEY", "ADMIN_TOKEN", "PUBLIC_URL"]) {
    assert.ok(findings.some(({ text }: { text: string }) => text.startsWith(`${name} is missing`)));
  }
  assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
  const usage = TESTED_PROGRAM.toShell("doctor [--json] ");
  assert.equal(wrong.stderr.startsWith(`Unknown argument: ${usage}`), true, wrong.stderr);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});
