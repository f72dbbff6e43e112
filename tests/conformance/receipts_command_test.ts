/** `deno task receipts` against a served process and strict stand-ins, with a proxy at the public address. */
import assert from "node:assert/strict";
import { type Ended, makeFolder, run } from "../support/process.ts";
import { startCheckedScene } from "./checked_scene.ts";

const NUMBER = "+447900900123";
const ADDRESS = "operator@example.com";
const TO = ["--to", NUMBER, "--to", ADDRESS];

const linesOf = ({ stdout }: Ended) => stdout.trim().split("\n").toSorted();

Deno.test("deno task receipts: receipts arrive, by a call of the webhook, the provider's settings and a test message", async () => {
  await using scene = await startCheckedScene("receipts");
  const { publicUrl, providers, check, reports } = scene;
  const settings = await check();
  assert.equal(settings.stderr, "");
  assert.deepEqual(linesOf(settings), [
    `postmark (email): receipts arrive: ${publicUrl}/receipts/postmark takes its calls; it is set up to call it`,
    `twilio (sms): receipts arrive: ${publicUrl}/receipts/twilio takes its calls`,
  ]);
  assert.equal(settings.code, 0);
  assert.equal(providers.twilio.accepted.length + providers.postmark.accepted.length, 0);

  const messages = await check(TO);
  assert.equal(messages.code, 0, messages.stdout + messages.stderr);
  for (const line of linesOf(messages)) {
    assert.match(line, /that of the test message came within \d+ s$/);
  }
  assert.deepEqual(providers.twilio.accepted.map(({ to }) => to), [NUMBER]);
  assert.deepEqual(providers.postmark.accepted.map(({ To }) => To), [ADDRESS]);

  reports(false);
  const silent = await check([...TO, "--wait", "2"]);
  assert.equal(silent.code, 1);
  for (const line of linesOf(silent)) {
    assert.match(
      line,
      /: receipts do not arrive: that of the test message did not come within 2 s$/,
    );
  }
  for (const output of [settings, messages, silent]) {
    for (const secret of [NUMBER, ADDRESS, "twilio-token", "webhook-password"]) {
      assert.ok(!output.stdout.includes(secret), secret);
    }
  }
});

Deno.test("deno task receipts: names the reason when the secret, the public URL or the provider's webhook is wrong", async () => {
  await using scene = await startCheckedScene("receipts");
  const { publicUrl, providers: { postmark }, check } = scene;
  const wrong = async (
    expected: RegExp,
    environment: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ) => {
    const ended = await check(args, environment);
    assert.equal(ended.code, 1, ended.stdout + ended.stderr);
    assert.match(ended.stdout, expected);
  };
  await wrong(
    /^twilio \(sms\): receipts do not arrive: \S+ answered 401: the running process has another secret/m,
    { TWILIO_AUTH_TOKEN: "another-token" },
  );
  await wrong(
    /^postmark \(email\): receipts do not arrive: \S+ answered 401/m,
    { POSTMARK_WEBHOOK_PASSWORD: "another-password" },
  );
  await wrong(/^twilio .*cannot be called \(TypeError\): check PUBLIC_URL/m, {
    PUBLIC_URL: "http://localhost:1",
  });
  const elsewhere = startElsewhere();
  await wrong(/^twilio .*answered 200, but not as Hark does: PUBLIC_URL leads elsewhere/m, {
    PUBLIC_URL: elsewhere.url,
  });
  await elsewhere.close();

  postmark.changeWebhook({ Triggers: { Bounce: { Enabled: true } } });
  await wrong(/^postmark .*webhook does not send Delivery, SpamComplaint$/m, {});
  postmark.changeWebhook({ HttpAuth: { Username: "postmark", Password: "old" } });
  await wrong(/^postmark .*has another user or password than POSTMARK_WEBHOOK_USER/m, {});
  postmark.changeWebhook({ Url: "https://old.example.org/receipts/postmark" });
  await wrong(
    new RegExp(`^postmark .*Postmark has no webhook for ${publicUrl}/receipts/postmark$`, "m"),
    {},
  );
  await wrong(
    /^twilio .*the running process cannot be asked for it at http:\/\/localhost:1 \(no answer\)/m,
    {},
    [
      ...TO,
      "--url",
      "http://localhost:1",
    ],
  );
});

Deno.test("deno task receipts: ends with 2 for arguments that are not valid", async () => {
  await using folder = await makeFolder();
  for (
    const [args, message] of [
      [["--to", "12"], "--to takes an e-mail address, or a number"],
      [["--url", "ftp://x"], "--url takes an http(s) address"],
      [["--wait", "0"], "--wait takes seconds, up to 3600"],
      [["--wait", "3601"], "--wait takes seconds, up to 3600"],
      [["--all"], "Unknown argument"],
    ] as const
  ) {
    const { code, stderr } = await run(["receipts", ...args], { folder });
    assert.deepEqual([code, stderr.includes(message)], [2, true], stderr);
  }
});

/** A server of somebody else, which answers every call. */
function startElsewhere() {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("Welcome"),
  );
  return { url: `http://localhost:${server.addr.port}`, close: () => server.shutdown() };
}
