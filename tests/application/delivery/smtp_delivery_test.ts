/** E-mails from the API through a mail server, with moved time. */
import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { openNodemailer } from "../../../adapters/providers/smtp/nodemailer_transport.ts";
import type { SmtpTransport } from "../../../adapters/providers/smtp/transport.ts";
import { MAX_UNKNOWN_ATTEMPTS } from "../../../domain/delivery/retry.ts";
import { HOUR_MS, MINUTE_MS } from "../../../domain/time/durations.ts";
import { issueRequestToken, startTestApplication } from "../../support/application.ts";
import { startPostmark } from "../../support/stand_ins/postmark.ts";
import { type SmtpOptions, startSmtp } from "../../support/stand_ins/smtp.ts";
import { bodyOf } from "../../routes/support.ts";

const TEMPLATE = {
  channel: "email",
  name: "Letter",
  subject: "Hello ((name))",
  body: "It is ready.",
};

/** An application that sends e-mails to a mail server, and its clock. */
async function startScene(
  environment: Readonly<Record<string, string>> = {},
  limits: Pick<SmtpOptions, "mailsPerConnection"> = {},
) {
  const stand = await startSmtp({ tls: "none", ...limits });
  const time = { now: Date.now() };
  const transports: SmtpTransport[] = [];
  const hark = await startTestApplication({
    environment: {
      SMTP_URL: `smtp://127.0.0.1:${stand.port}`,
      EMAIL_DOMAIN: "notify.test",
      ...environment,
    },
    clock: createClock(() => time.now),
    openSmtp(settings, name) {
      const transport = openNodemailer(settings, name);
      transports.push(transport);
      return transport;
    },
  });
  const service = await hark.newService({ name: "Паспорти" });
  const template_id = await hark.newTemplate(service.id, TEMPLATE);
  const call = async (method: string, path: string, body?: unknown) => {
    const token = await issueRequestToken(service.keys.live, Math.floor(time.now / 1000));
    return await hark.request(path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
  const statusOf = async (id: string) =>
    await bodyOf(await call("GET", `/v2/notifications/${id}`), 200);
  return {
    stand,
    hark,
    time,
    call,
    statusOf,
    async send(fields: Readonly<Record<string, unknown>> = {}) {
      const answer = await call("POST", "/v2/notifications/email", {
        template_id,
        email_address: "ann@example.test",
        personalisation: { name: "Ann" },
        ...fields,
      });
      const { id }: { readonly id: string } = await bodyOf(answer, 201);
      await hark.settle();
      return id;
    },
    async timeline(id: string) {
      const path = `/manage/services/${service.id}/notifications/${id}/timeline`;
      const { events } = await bodyOf(await hark.manage("GET", path), 200);
      return events as readonly Readonly<Record<string, unknown>>[];
    },
    async providers() {
      const { providers } = await bodyOf(await hark.manage("GET", "/manage/providers"), 200);
      return (providers as readonly Readonly<Record<string, unknown>>[]).filter(({ name }) =>
        name === "postmark" || name === "smtp"
      );
    },
    async [Symbol.asyncDispose]() {
      await hark.close();
      await Promise.all(transports.map((transport) => transport.close()));
      await stand.close();
    },
  };
}

Deno.test("smtp: an e-mail that the mail server took is completed as sent, with its headers and sender", async () => {
  await using scene = await startScene();
  const { stand, hark, time } = scene;
  const id = await scene.send({ reference: "r1" });
  const [mail] = stand.accepted;
  assert.equal(mail?.from, "notifications@notify.test");
  assert.equal(mail?.to, "ann@example.test");
  assert.equal(mail?.headers.get("message-id"), `<${id}@notify.test>`);
  assert.equal(mail?.headers.get("subject"), "Hello Ann");
  assert.deepEqual(stand.violations, []);
  const shown = await scene.statusOf(id);
  assert.equal(shown.status, "sent");
  assert.notEqual(shown.completed_at, null);
  assert.notEqual(shown.sent_at, null);
  const list = await scene.call("GET", "/v2/notifications?status=sent");
  assert.deepEqual(
    (await bodyOf(list, 200)).notifications.map((each: { readonly id: string }) => each.id),
    [id],
  );
  const events = await scene.timeline(id);
  assert.deepEqual(
    events.map(({ kind, status, provider, outcome }) => [kind, status ?? outcome, provider]),
    [
      ["accepted", "created", undefined],
      ["attempt-started", undefined, "smtp"],
      ["attempt-ended", "accepted", "smtp"],
      ["status-changed", "sent", undefined],
    ],
  );
  // No report comes, and none is awaited.
  time.now += 80 * HOUR_MS;
  await hark.settle();
  assert.equal((await scene.statusOf(id)).status, "sent");
  assert.equal(stand.accepted.length, 1);
});

Deno.test("smtp: an e-mail of unknown outcome is sent again over hours, marked, and the same e-mail", async () => {
  await using scene = await startScene();
  const { stand, hark, time } = scene;
  stand.next("end", { kind: "taken-close" });
  const id = await scene.send();
  assert.equal(stand.accepted.length, 1);
  assert.equal((await scene.statusOf(id)).status, "created");
  time.now += 4 * MINUTE_MS;
  await hark.settle();
  assert.equal(stand.accepted.length, 1, "not within five minutes");
  time.now += 3 * MINUTE_MS;
  await hark.settle();
  assert.equal(stand.accepted.length, 2);
  const ids = stand.accepted.map(({ headers }) => headers.get("message-id"));
  assert.equal(new Set(ids).size, 1);
  assert.equal((await scene.statusOf(id)).status, "sent");
  const attempts = (await scene.timeline(id)).filter(({ kind }) =>
    kind === "attempt-started" || kind === "attempt-ended"
  );
  assert.deepEqual(
    attempts.map(({ outcome, code, possible_duplicate }) => [outcome, code, possible_duplicate]),
    [
      [undefined, undefined, undefined],
      ["unknown", "network", undefined],
      [undefined, undefined, true],
      ["accepted", undefined, undefined],
    ],
  );
});

Deno.test("smtp: after five attempts of unknown outcome nothing is sent again, and the e-mail ends without a receipt", async () => {
  await using scene = await startScene();
  const { stand, hark, time } = scene;
  stand.always("end", { kind: "close" });
  const id = await scene.send();
  let attempts = 0;
  const count = async () =>
    (await scene.timeline(id)).filter(({ kind }) => kind === "attempt-started").length;
  for (let hours = 0; hours < 71; hours++) {
    time.now += HOUR_MS;
    await hark.settle();
    attempts = await count();
  }
  time.now += HOUR_MS;
  await hark.settle();
  assert.equal(attempts <= MAX_UNKNOWN_ATTEMPTS.email && attempts >= 4, true, `${attempts}`);
  time.now += 80 * HOUR_MS;
  await hark.settle();
  assert.equal(await count() <= MAX_UNKNOWN_ATTEMPTS.email, true);
  const { status } = await scene.statusOf(id);
  assert.equal(status, "temporary-failure");
});

Deno.test("smtp: wrong credentials pause the provider visibly, and what waits goes out when they work", async () => {
  await using scene = await startScene();
  const { stand, hark, time } = scene;
  stand.always("mail", { kind: "reply", text: "530 5.7.0 Authentication required" });
  const id = await scene.send();
  assert.equal((await scene.statusOf(id)).status, "created");
  const [smtp] = await scene.providers();
  assert.deepEqual([smtp?.name, smtp?.health, smtp?.reason], ["smtp", "paused", "530-5.7.0"]);
  const second = await scene.send();
  stand.always("mail", undefined);
  time.now += MINUTE_MS;
  await hark.settle();
  time.now += MINUTE_MS;
  await hark.settle();
  assert.equal((await scene.statusOf(id)).status, "sent");
  assert.equal((await scene.statusOf(second)).status, "sent");
  assert.equal(stand.accepted.length, 2);
});

Deno.test("smtp: a refused recipient ends the e-mail; one that is not reachable now does not hold the provider back", async () => {
  await using scene = await startScene();
  const { stand } = scene;
  stand.next("rcpt", { kind: "reply", text: "550 5.1.1 <ann@example.test>: no such user" });
  const refused = await scene.send({ email_address: "bob@example.test" });
  assert.equal((await scene.statusOf(refused)).status, "permanent-failure");
  assert.doesNotMatch(JSON.stringify(await scene.timeline(refused)), /no such user/);
  stand.always("rcpt", { kind: "reply", text: "450 4.7.1 Greylisted" });
  for (let i = 0; i < 20; i++) await scene.send();
  const [smtp] = await scene.providers();
  assert.deepEqual([smtp?.health, smtp?.breaker], ["healthy", "closed"]);
  stand.always("rcpt", undefined);
  assert.equal((await scene.statusOf(await scene.send())).status, "sent");
});

Deno.test("smtp: stands by for another provider of e-mail, by name and weight, and takes over when it fails", async () => {
  const postmark = await startPostmark({ token: "t", webhookUser: "u", webhookPassword: "p" });
  try {
    await using scene = await startScene({
      POSTMARK_SERVER_TOKEN: "t",
      POSTMARK_BASE_URL: postmark.url,
    });
    const { stand, hark } = scene;
    const weights = async () => (await scene.providers()).map(({ name, weight }) => [name, weight]);
    assert.deepEqual(await weights(), [["postmark", 100], ["smtp", 0]]);
    await scene.send();
    assert.deepEqual([postmark.accepted.length, stand.accepted.length], [1, 0]);
    await bodyOf(
      await hark.manage("PUT", "/manage/providers/postmark", { paused: true, reason: "Bill" }),
      200,
    );
    const id = await scene.send();
    assert.deepEqual([postmark.accepted.length, stand.accepted.length], [1, 1]);
    const selected = (await scene.timeline(id)).find(({ kind }) => kind === "attempt-started");
    assert.deepEqual([selected?.provider, selected?.selection], ["smtp", "failover"]);
  } finally {
    await postmark.close();
  }
});

Deno.test("smtp: a server that ends each connection after an e-mail gets all e-mails, and stays healthy", async () => {
  await using scene = await startScene({}, { mailsPerConnection: 1 });
  const { stand } = scene;
  const ids: string[] = [];
  for (let n = 0; n < 25; n++) ids.push(await scene.send());
  assert.equal(stand.accepted.length, ids.length);
  for (const id of ids) assert.equal((await scene.statusOf(id)).status, "sent");
  const attempts = (await scene.timeline(ids.at(-1) ?? ""))
    .filter(({ kind }) => kind === "attempt-started");
  assert.equal(attempts.length, 1);
  const [smtp] = await scene.providers();
  assert.deepEqual([smtp?.health, smtp?.breaker], ["healthy", "closed"]);
});
