/** Real processes of which a later one no longer has the SMS provider that the earlier one sent with. */
import assert from "node:assert/strict";
import { status } from "../support/stand_ins/scripted_server.ts";
import { startTwilio } from "../support/stand_ins/twilio.ts";
import { reachAt } from "../conformance/services.ts";
import { ADMIN_TOKEN, issueRequestToken } from "../support/application.ts";
import {
  makeFolder,
  migrateFolder,
  SANDBOX_ENVIRONMENT,
  serve,
  waitFor,
} from "../support/process.ts";
import { startSecond } from "./outage_scene.ts";

const ACCOUNT = { accountSid: "AC0123456789abcdef0123456789abcdef", authToken: "twilio-token" };
const ENTRY = new URL("two_providers_main.ts", import.meta.url);

Deno.test("start: without a provider that rows wait for, its receipts get a precise answer, what waits for retries goes to another provider or waits visibly", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder());
  await migrateFolder(folder);
  const twilio = await startTwilio(ACCOUNT);
  stack.defer(() => twilio.close());
  const second = await startSecond();
  stack.defer(() => second.close());
  const withTwilio = {
    SMS_PROVIDER: "twilio",
    TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
    TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
    TWILIO_FROM: "+15005550006",
    TWILIO_BASE_URL: twilio.url,
  };
  const withSecond = {
    SMS_PROVIDER: "example-sms",
    EXAMPLE_SMS_TOKEN: "token",
    EXAMPLE_SMS_FROM: "Library",
    EXAMPLE_SMS_BASE_URL: second.url,
  };
  const start = (providers: Readonly<Record<string, string>>) =>
    serve("start", { folder, entry: ENTRY, environment: { ...SANDBOX_ENVIRONMENT, ...providers } });
  let origin = "";
  const reach = reachAt(() => origin);
  const manage = async (method: string, path: string, body?: unknown) => {
    const answer = await reach(`/manage${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert(answer.ok, `${method} ${path}: ${answer.status}`);
    return await answer.json();
  };
  const queuesOf = async (stage: string) =>
    (await manage("GET", "/queues?channel=sms")).queues
      .filter((queue: Readonly<Record<string, unknown>>) => queue.stage === stage);

  let service = "";
  let send = (_n: number): Promise<string> => Promise.reject(new Error("nothing runs"));
  {
    await using first = await start(withTwilio);
    origin = first.url;
    service = (await manage("POST", "/services", { name: "Library", mode: "live" })).id;
    const at = `/services/${service}`;
    const template = await manage("POST", `${at}/templates`, {
      channel: "sms",
      name: "Text",
      body: "Number ((n))",
    });
    const { key } = await manage("POST", `${at}/keys`, { name: "key", kind: "live" });
    send = async (n) => {
      const answer = await reach("/v2/notifications/sms", {
        method: "POST",
        headers: {
          authorization: `Bearer ${await issueRequestToken(key)}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({
          template_id: template.id,
          phone_number: "07900900123",
          personalisation: { n },
        }),
      });
      assert.equal(answer.status, 201);
      return (await answer.json()).id;
    };
    await send(1);
    await waitFor("the first text", () => twilio.accepted.length === 1);
    twilio.always(status(503, { code: 20503, status: 503 }));
    await send(2);
    await waitFor("its failure", () => twilio.calls.length >= 2);
    assert.equal((await first.kill("SIGTERM")).code, 0);
  }
  await using later = await start(withSecond);
  origin = later.url;
  await waitFor("the second provider", () => second.accepted.length > 0);
  assert.deepEqual(second.accepted, ["Library: Number 2"]);
  const [awaiting] = (await queuesOf("awaiting-receipt"))
    .filter((queue: Readonly<Record<string, unknown>>) => queue.provider === "twilio");
  assert.equal(awaiting.waiting, 1, "the first text still waits for Twilio's receipt");
  const [sid = ""] = twilio.accepted.map(({ sid }) => sid);
  twilio.reportTo(origin);
  assert.deepEqual(await twilio.report(sid, "delivered", { times: 2 }), [404, 404]);
  const answer = await reach("/receipts/twilio", { method: "POST", body: "" });
  assert.deepEqual(await answer.json(), {
    error: "This deployment has no provider of this name configured",
  });
  await waitFor("the line", () => later.stdout.includes("receipt-unconfigured"));
  const unknown = await reach("/receipts/no-such-provider", { method: "POST", body: "" });
  assert.equal(unknown.status, 404);
  await unknown.body?.cancel();
  const { code, stdout } = await later.kill("SIGTERM");
  const logged = stdout.split("\n").filter((line) => line.includes("receipt-unconfigured"));
  assert.deepEqual([code, logged.length], [0, 1]);
  assert.match(logged[0] ?? "", /"provider":"twilio"/);

  {
    await using again = await start({ ...withSecond, ...withTwilio });
    origin = again.url;
    twilio.reportTo(origin);
    assert.deepEqual(await twilio.report(sid, "delivered"), [200], "it counts when it is back");
    const [queue, ...others] = await queuesOf("awaiting-receipt");
    assert.deepEqual([queue.provider, others.length], ["example-sms", 0]);
    second.always(status(503, "down"));
    await send(3);
    await waitFor("its failure", async () => (await queuesOf("to-send")).length === 1);
    assert.equal((await again.kill("SIGTERM")).code, 0);
  }
  await using none = await start({ SMS_PROVIDER: "none" });
  origin = none.url;
  const [queue] = await queuesOf("to-send");
  assert.equal(queue.due + queue.leased + queue.waiting, 1, "without any provider it waits");
});
