/** The pages of a service's callbacks. */
import assert from "node:assert/strict";
import { MAX_BEARER_TOKEN, MIN_BEARER_TOKEN } from "../../../domain/callbacks/callback.ts";
import { createSocketCaller } from "../../../adapters/callbacks/socket_caller.ts";
import { startTestApplication } from "../../support/application.ts";
import { RUNNER } from "../../support/runner.ts";
import { startCallbackReceiver } from "../../support/stand_ins/callback_receiver.ts";
import { createService, registerPerson } from "../../support/web_client.ts";
import { bodyOf } from "../support.ts";

const TOKEN = "a-token-of-the-consumer";

const callEndpoint = createSocketCaller({
  allowance: { hosts: new Set(), loopback: true },
  timeoutMs: 2_000,
});

async function start() {
  const receiver = await startCallbackReceiver();
  const hark = await startTestApplication({
    environment: {
      REGISTRATION_DOMAINS: "*",
      CALLBACK_ALLOW: `${new URL(receiver.url).host},127.0.0.1:1`,
    },
    ...(RUNNER === "process" ? { callEndpoint } : {}),
  });
  const client = await registerPerson(hark);
  const service = await createService(client);
  return {
    hark,
    client,
    receiver,
    service,
    page: `${service}/callbacks/delivery`,
    async [Symbol.asyncDispose]() {
      await hark.close();
      await receiver.close();
    },
  };
}

Deno.test("/services/:id/callbacks/:kind: is set with a secret shown once, tried, changed and removed", async () => {
  await using stage = await start();
  const { client, receiver, service, page } = stage;
  assert.ok((await client.get(`${service}/callbacks`)).text.includes(`href="${page}"`));
  assert.match((await client.get(page)).text, /Not set up/);
  const set = await client.post(page, { action: "save", url: receiver.url, bearer_token: TOKEN });
  assert.equal(set.status, 200);
  const secret = /whsec_[\w+/=]+/.exec(set.text)?.[0] ?? "";
  assert.ok(secret.length > 20);
  assert.equal(set.headers.get("cache-control"), "no-store");
  const shown = await client.get(page);
  assert.ok(!shown.text.includes(secret) && !shown.text.includes(TOKEN));
  assert.ok(shown.text.includes(receiver.url));
  const tried = await client.post(page, { action: "test" });
  assert.match(tried.text, /Your system took the call/);
  assert.match(
    tried.text,
    /POST http:\/\/127\.0\.0\.1[^]*&quot;status&quot;: &quot;delivered&quot;/,
  );
  assert.match(tried.text, /HTTP status 2\d\d, after/);
  assert.ok(!tried.text.includes(TOKEN));
  const again = await client.post(page, { action: "save", url: receiver.url, bearer_token: TOKEN });
  assert.equal(again.location, `${page}?saved=1`);
  assert.equal((await client.post(page, { action: "remove" })).location, page);
  assert.match((await client.get(page)).text, /Not set up/);
  assert.equal((await client.post(page, { action: "test" })).status, 404);
  assert.equal((await client.post(page, { action: "burn" })).status, 403);
  assert.equal((await client.get(`${service}/callbacks/letters`)).status, 404);
});

Deno.test("POST /services/:id/callbacks/:kind: replaces the signing secret once for a page, however often it is sent", async () => {
  await using stage = await start();
  const { client, receiver, service, page } = stage;
  assert.equal((await client.post(page, { action: "rotate" })).status, 404);
  const set = await client.post(page, { action: "save", url: receiver.url, bearer_token: TOKEN });
  const secretOf = (text: string) => /whsec_[\w+/=]+/.exec(text)?.[0] ?? "";
  const first = secretOf(set.text);
  const shown = await client.get(page);
  const seenIn = (text: string) => /name="previous_until" value="(\d*)"/.exec(text)?.[1];
  assert.equal(seenIn(shown.text), "");
  const fields = { action: "rotate", previous_until: "" };
  const answers = await Promise.all([client.post(page, fields), client.post(page, fields)]);
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 422]);
  const [replaced, refused] = answers.toSorted((a, b) => a.status - b.status);
  const second = secretOf(replaced?.text ?? "");
  assert.ok(second.length > 20 && second !== first);
  assert.match(replaced?.text ?? "", /For 24 hours calls are signed with the secret of before too/);
  assert.equal(replaced?.headers.get("cache-control"), "no-store");
  assert.match(refused?.text ?? "", /has been replaced since you opened this page/);
  assert.equal(secretOf(refused?.text ?? ""), "");
  // The page that refuses can replace it.
  const again = { action: "rotate", previous_until: seenIn(refused?.text ?? "") ?? "" };
  const third = secretOf((await client.post(page, again)).text);
  assert.ok(third.length > 20 && third !== second);
  const [, entries = ""] = (await client.get(`${service}/audit`)).text.split("<tbody>");
  assert.equal(entries.match(/Replaced the secret of a callback/g)?.length, 2);
});

Deno.test("POST /services/:id/callbacks/:kind: names each fault at its field, and sets nothing", async () => {
  await using stage = await start();
  const { client, receiver, page, hark, service } = stage;
  const good = { action: "save", url: receiver.url, bearer_token: TOKEN };
  const cases: readonly (readonly [Record<string, string>, string])[] = [
    [{ url: "" }, "url"],
    [{ url: "http://cases.dept.gov.example/" }, "url"],
    [{ url: "https://10.0.0.1/" }, "url"],
    [{ url: "https://a:secret@cases.dept.gov.example/" }, "url"],
    [{ bearer_token: "" }, "bearer_token"],
    [{ bearer_token: "x".repeat(MIN_BEARER_TOKEN - 1) }, "bearer_token"],
    [{ bearer_token: "x".repeat(MAX_BEARER_TOKEN + 1) }, "bearer_token"],
    [{ bearer_token: "with blanks between" }, "bearer_token"],
  ];
  for (const [fields, field] of cases) {
    const answer = await client.post(page, { ...good, ...fields });
    assert.equal(answer.status, 422, JSON.stringify(fields));
    assert.ok(answer.text.includes(`href="#${field}"`), JSON.stringify(fields));
  }
  const path = `/manage${service}/callbacks/delivery`;
  assert.equal((await hark.manage("GET", path)).status, 404);
  const least = { ...good, bearer_token: "x".repeat(MIN_BEARER_TOKEN) };
  assert.equal((await client.post(page, least)).status, 200);
  const failing = { ...good, url: "http://127.0.0.1:1/" };
  await client.post(page, failing);
  const tried = await client.post(page, { action: "test" });
  assert.match(tried.text, /Your system did not take the call/);
  // Outside of workerd a stand-in makes the calls of a Worker, and answers 500 where it cannot connect.
  const reason = RUNNER === "worker" ? /HTTP status 500/ : /No answer: the connection failed/;
  assert.match(tried.text, reason);
  await bodyOf(await hark.manage("GET", path), 200);
});
