import assert from "node:assert/strict";
import { bodyOf, countOf, movableClock, SECOND } from "../../routes/support.ts";
import {
  JSON_TYPE,
  RNOKPP,
  startRegistry,
  type TestRegistry,
} from "../../routes/registry/support.ts";

const ADDRESS = { email: "olena@example.com", sms: "+380501234567", diia: RNOKPP } as const;
type Channel = keyof typeof ADDRESS;

const verify = (hark: TestRegistry, channel: Channel, headers = {}) =>
  hark.citizen("olena", { roles: ["citizen"], drfo: RNOKPP })(
    "POST",
    `/api/settings/me/channels/${channel}/verify`,
    { address: ADDRESS[channel] },
    { ...JSON_TYPE, ...headers },
  );

async function sentBy(hark: TestRegistry) {
  await hark.settle();
  const sent = hark.mailbox.list();
  assert.equal(sent.length, 1);
  return sent[0];
}

Deno.test("POST /api/settings/…/verify: sends the code with the default message until a registry publishes a template, in Ukrainian or English", async () => {
  for (
    const [channel, language, subject, words] of [
      ["email", "uk", "Код підтвердження", /Ваш код підтвердження: \d{6}/],
      ["email", "de", "Код підтвердження", /Ваш код підтвердження: \d{6}/],
      ["email", "en-GB,uk;q=0.5", "Confirmation code", /Your confirmation code: \d{6}/],
      ["sms", "uk", null, /Код підтвердження: \d{6}\. Діє 5 хвилин\./],
      ["sms", "en", null, /Confirmation code: \d{6}\. Valid for 5 minutes\./],
    ] as const
  ) {
    await using hark = await startRegistry();
    await bodyOf(await verify(hark, channel, { "accept-language": language }), 202);
    const sent = await sentBy(hark);
    assert.equal(sent?.to.replace("+", ""), ADDRESS[channel].replace("+", ""));
    assert.equal(sent?.subject, subject);
    assert.match((sent?.text ?? "").replaceAll("*", ""), words);
  }
});

Deno.test("POST /api/settings/…/verify: sends the code with a registry's template when it has published one", async () => {
  await using hark = await startRegistry();
  const own = "[#if recipientRoles?size == 1]Own: ${verificationCode}[/#if]";
  await hark.publish("email:channel-confirmation", own, { title: "Own title" });
  await hark.publish("email:channel-confirmation-en", "In English: ${verificationCode}");
  await bodyOf(await verify(hark, "email"), 202);
  const sent = await sentBy(hark);
  assert.equal(sent?.subject, "Own title");
  assert.match(sent?.text ?? "", /Own: \d{6}/);
  assert.equal(await countOf(hark, "templates"), 2, "no default template is added");
});

Deno.test("POST /api/settings/…/verify: recipientRoles of the template are the token's roles", async () => {
  for (
    const [role, words] of [["citizen", /^Citizen \d{6}$/m], [
      "officer",
      /^Officer \d{6}$/m,
    ]] as const
  ) {
    await using hark = await startRegistry();
    const own = '[#if recipientRoles?seq_contains("citizen")]Citizen ${verificationCode}' +
      '[#elseif recipientRoles?seq_contains("officer")]Officer ${verificationCode}[/#if]';
    await hark.publish("email:channel-confirmation", own, { title: "Code" });
    const answer = await hark.citizen("olena", { roles: [role] })(
      "POST",
      "/api/settings/me/channels/email/verify",
      { address: ADDRESS.email },
      JSON_TYPE,
    );
    await bodyOf(answer, 202);
    assert.match((await sentBy(hark))?.text ?? "", words);
  }
});

Deno.test("POST /api/settings/…/verify: sends no code in an e-mail that would be an empty page", async () => {
  await using hark = await startRegistry();
  const own =
    "<html><body><p>[#if recipientRoles?seq_contains('head')]${verificationCode}[/#if]</p></body></html>";
  await hark.publish("email:channel-confirmation", own, { title: "Code" });
  const answer = await verify(hark, "email");
  assert.ok(answer.status >= 400);
  const { code, message } = await bodyOf(answer, 422);
  assert.equal(code, "VALIDATION_ERROR");
  assert.match(String(message), /no text for the roles in your token/);
  await hark.settle();
  assert.equal(hark.mailbox.list().length, 0);
});

Deno.test("POST /api/settings/…/verify: sends by Diia with the published template, and not without one", async () => {
  await using hark = await startRegistry();
  await (await verify(hark, "diia")).body?.cancel();
  await hark.settle();
  assert.equal(hark.mailbox.list().length, 0);
});

Deno.test("POST /api/settings/…/verify: sends by Diia with the template of a registry", async () => {
  await using hark = await startRegistry();
  const attributes = ["actionType", "templateType", "shortText"]
    .map((name) => ({ name, value: "x" }));
  await hark.publish("diia:channel-confirmation", "{verificationCode}", { attributes });
  await bodyOf(await verify(hark, "diia"), 202);
  const sent = await sentBy(hark);
  assert.match(sent?.text ?? "", /^verificationCode: \d{6}$/);
});

Deno.test("POST /api/settings/…/verify: 429 when the service has reached its daily limit", async () => {
  await using hark = await startRegistry();
  const service = `/manage/services/${hark.registryServiceId}`;
  await bodyOf(await hark.manage("PATCH", service, { daily_limits: { email: 0 } }), 200);
  const response = await verify(hark, "email");
  assert.ok(Number(response.headers.get("retry-after")) > 0);
  assert.equal((await bodyOf(response, 429)).code, "TOO_MANY_REQUESTS");
  await bodyOf(await verify(hark, "sms"), 202);
});

Deno.test("POST /api/settings/…/verify: sends in quiet hours, and not after the code has expired", async () => {
  const clock = movableClock();
  let isDown = true;
  await using hark = await startRegistry({
    clock,
    fetch: (...args) =>
      isDown ? Promise.reject(new TypeError("client error (Connect)")) : fetch(...args),
    environment: { EMAIL_PROVIDER: "postmark", POSTMARK_SERVER_TOKEN: "token" },
  });
  const service = `/manage/services/${hark.registryServiceId}`;
  // It is three in the afternoon in Kyiv.
  const quiet = { quiet_hours: { start: "12:00", end: "18:00" } };
  await bodyOf(await hark.manage("PATCH", service, quiet), 200);
  await bodyOf(await verify(hark, "email"), 202);
  await hark.settle();
  const attempts = () => hark.logged.filter(({ event }) => event === "attempt").length;
  assert.equal(attempts(), 1);
  clock.advance(301 * SECOND);
  isDown = false;
  await hark.settle();
  assert.equal(attempts(), 1);
  const [result] = await hark.db.read(["SELECT status FROM notifications"]);
  assert.equal(result?.rows[0]?.["status"], "expired");
});

Deno.test("POST /api/settings/…/verify: logs neither code nor address, and stores neither in the clear", async () => {
  await using hark = await startRegistry();
  await bodyOf(await verify(hark, "email"), 202);
  const sent = await sentBy(hark);
  const code = /\d{6}/.exec(sent?.text ?? "")?.[0] ?? "";
  assert.notEqual(code, "");
  const logged = JSON.stringify(hark.logged);
  const [rows] = await hark.db.read(["SELECT * FROM notifications"]);
  const stored = JSON.stringify(
    rows?.rows.map((row) => Object.values(row).filter((value) => typeof value === "string")),
  );
  for (const secret of [` ${code}`, `"${code}`, ADDRESS.email, "olena"]) {
    assert.ok(!logged.includes(secret) && !stored.includes(secret), secret);
  }
});

Deno.test("POST /api/settings/…/verify: reports that the code was not sent when the service is archived", async () => {
  await using hark = await startRegistry();
  const settings = `/manage/services/${hark.registryServiceId}`;
  await bodyOf(await hark.manage("PATCH", settings, { active: false }), 200);
  const response = await verify(hark, "email");
  assert.ok(response.status >= 400, String(response.status));
  await response.body?.cancel();
  await hark.settle();
  assert.deepEqual(hark.mailbox.list(), []);
});
