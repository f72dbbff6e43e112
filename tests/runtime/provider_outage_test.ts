/** A real process whose only SMS provider is down for a while: nothing is lost, and the backlog drains at once. */
import assert from "node:assert/strict";
import { status } from "../support/stand_ins/scripted_server.ts";
import { startTwilio } from "../support/stand_ins/twilio.ts";
import { ADMIN_TOKEN, issueRequestToken } from "../support/application.ts";
import {
  makeFolder,
  migrateFolder,
  pause,
  SANDBOX_ENVIRONMENT,
  serve,
  waitFor,
} from "../support/process.ts";

const ACCOUNT = { accountSid: "AC0123456789abcdef0123456789abcdef", authToken: "twilio-token" };
const TEXTS = 400;

Deno.test("start: half of the backlog of an outage is gone five seconds after the recovery, and each text is sent once", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const twilio = await startTwilio(ACCOUNT);
  try {
    await using hark = await serve("start", {
      folder,
      environment: {
        ...SANDBOX_ENVIRONMENT,
        SMS_PROVIDER: "twilio",
        TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
        TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
        TWILIO_FROM: "+15005550006",
        TWILIO_BASE_URL: twilio.url,
      },
    });
    const manage = async (method: string, path: string, body?: unknown) => {
      const answer = await fetch(`${hark.url}/manage${path}`, {
        method,
        headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      assert(answer.ok, `${method} ${path}: ${answer.status}`);
      return await answer.json();
    };
    const service = await manage("POST", "/services", { name: "Library", mode: "live" });
    const at = `/services/${service.id}`;
    const template = await manage("POST", `${at}/templates`, {
      channel: "sms",
      name: "Text",
      body: "Number ((n))",
    });
    const { key } = await manage("POST", `${at}/keys`, { name: "key", kind: "live" });
    const authorization = `Bearer ${await issueRequestToken(key)}`;
    const send = async (n: number) => {
      const answer = await fetch(`${hark.url}/v2/notifications/sms`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify({
          template_id: template.id,
          phone_number: "07900900123",
          personalisation: { n },
        }),
      });
      assert.equal(answer.status, 201, await answer.text());
    };
    const twilioOf = async () => {
      const { providers } = await manage("GET", "/providers");
      return providers.find(({ name }: { readonly name: string }) => name === "twilio");
    };

    twilio.always(status(503, { code: 20503, status: 503 }));
    for (let n = 0; n < TEXTS; n += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, index) => send(n + index)));
    }
    await pause(4_000);
    const { health, breaker, last_error } = await twilioOf();
    assert.deepEqual([health, breaker === "closed", last_error.code], ["failing", false, "20503"]);
    assert.equal(twilio.accepted.length, 0);
    // Calls that were under way when it opened, then probes.
    assert(twilio.calls.length < TEXTS / 4, `${twilio.calls.length} calls while it was down`);

    twilio.always(undefined);
    await pause(5_000);
    const sent = twilio.accepted.length;
    assert(sent >= TEXTS / 2, `${sent} of ${TEXTS} texts five seconds after the recovery`);
    await waitFor("every text", () => twilio.accepted.length >= TEXTS);
    const bodies = twilio.accepted.map(({ body }) => body);
    assert.equal(new Set(bodies).size, TEXTS);
    assert.equal(bodies.length, TEXTS);
    assert.equal((await twilioOf()).health, "healthy");
    assert.equal((await hark.kill("SIGTERM")).code, 0);
  } finally {
    await twilio.close();
  }
});
