import assert from "node:assert/strict";
import { CODE_TTL_MS, MAX_CODE_TRIES } from "../../../../domain/recipient_settings/otp.ts";
import { CODE_LIMITS } from "../../../../domain/recipient_settings/limits.ts";
import { dump } from "../../../contracts/isolate.ts";
import { bodyOf } from "../../support.ts";
import {
  DRFO,
  mountSettings,
  OLENA,
  OTHER_DRFO,
  SENDER_ROLE,
  startSettings,
  step,
  TARAS,
  wrongCode,
} from "./support.ts";
import { test } from "../../../support/runner.ts";

const ADDRESS = "olena.shevchenko@example.com";
const ACTIVE = { channel: "email", activated: true, address: ADDRESS };

/** Asserts the refusal that every failed activation gets. */
async function assertNotProved(response: Response, label = ""): Promise<void> {
  assert.deepEqual(await bodyOf(response, 400, label), {
    traceId: response.headers.get("x-request-id"),
    code: "VERIFICATION_ERROR",
    message: "The code does not prove this address",
    details: null,
  }, label);
}

Deno.test("POST …/validate: 200 for a valid address, else 422 in the caller's language", async () => {
  await using hark = await startSettings();
  const validate = (channel: string, address: string, language: string) =>
    hark.as(OLENA, "POST", step("validate", channel), { address }, { "accept-language": language });
  const good = [["email", ADDRESS], ["diia", OTHER_DRFO], ["sms", "050 123 45 67"]] as const;
  for (const [channel, address] of good) {
    const response = await validate(channel, address, "uk");
    assert.equal(response.status, 200, channel);
    assert.equal(await response.text(), "");
  }
  const bad = [
    ["email", ""],
    ["email", ".olena@example"],
    ["email", "olena..s@example.com"],
    ["diia", "1"],
    ["sms", "12"],
  ] as const;
  for (const [channel, address] of bad) {
    const english = await bodyOf(await validate(channel, address, "en-GB, uk;q=0.5"), 422);
    assert.equal(english.code, "VALIDATION_ERROR");
    assert.equal(english.localizedMessage, english.message);
    assert.deepEqual(english.details.errors, [{ field: "address", message: english.message }]);
    const ukrainian = await bodyOf(await validate(channel, address, "en;q=0.5, uk-UA"), 422);
    assert.equal(ukrainian.message, english.message);
    assert.match(ukrainian.localizedMessage, /^Неправильн/);
  }
  assert.equal((await hark.codes()).length, 0);
});

Deno.test("POST …/verify: sends a code in the requested language, and answers how long it is valid", async () => {
  await using settings = await startSettings();
  const { hark } = settings;
  const cases = [
    ["email", ADDRESS, ADDRESS],
    ["sms", "050 123 45 67", "380501234567"],
  ] as const;
  const languages = [
    ["de;q=0.1, uk", /код підтвердження: [0-9]{6}\b/i],
    ["uk;q=0.1, en-GB", /confirmation code: [0-9]{6}\b/i],
  ] as const;
  const expected: (readonly [string, string])[] = [];
  for (const [channel, typed, address] of cases) {
    for (const [language, text] of languages) {
      const path = step("verify", channel);
      const response = await settings.as(OLENA, "POST", path, { address: typed }, {
        "accept-language": language,
      });
      assert.deepEqual(await bodyOf(response, 202), { verificationCodeExpirationSec: 300 });
      await hark.settle();
      expected.unshift([channel, address]);
      const sent = await hark.sent();
      assert.deepEqual(sent.map(({ channel, to }) => [channel, to]), expected);
      assert.match(sent[0]?.text ?? "", text);
    }
  }
  assert.deepEqual(await settings.channelsOf(OLENA), []);
});

Deno.test("POST …/activate: accepts the sent code once, and activates the channel", async () => {
  await using hark = await startSettings();
  const verificationCode = await hark.codeFor(OLENA, "email", ADDRESS);
  const activate = () =>
    hark.as(OLENA, "POST", step("activate"), { address: ADDRESS, verificationCode });
  const response = await activate();
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "");
  assert.deepEqual(await hark.channelsOf(OLENA), [ACTIVE]);
  await assertNotProved(await activate());
  assert.deepEqual(await hark.channelsOf(OLENA), [ACTIVE]);
});

Deno.test("POST …/activate: the same refusal whatever was wrong", async () => {
  await using hark = await startSettings();
  const code = await hark.codeFor(OLENA, "email", ADDRESS);
  const attempt = (claims: typeof OLENA, address: string, verificationCode: string) =>
    hark.as(claims, "POST", step("activate"), { address, verificationCode });
  await assertNotProved(await attempt(TARAS, ADDRESS, code), "another person");
  await assertNotProved(await attempt(OLENA, "o@example.com", code), "another address");
  await assertNotProved(await attempt(OLENA, ADDRESS, wrongCode(code)), "a wrong code");
  await assertNotProved(await attempt(OLENA, ADDRESS, String(Number(code)).padStart(7, "0")));
  const sms = await hark.as(OLENA, "POST", step("activate", "sms"), {
    address: "+380501234567",
    verificationCode: code,
  });
  await assertNotProved(sms, "no code");
  assert.deepEqual([await hark.channelsOf(OLENA), await hark.channelsOf(TARAS)], [[], []]);
  const late = await hark.codeFor(TARAS, "email", "taras@example.com");
  hark.clock.advance(CODE_TTL_MS - 1);
  assert.equal((await attempt(OLENA, ADDRESS, code)).status, 200);
  hark.clock.advance(1);
  await assertNotProved(await attempt(TARAS, "taras@example.com", late), "too late");
  assert.deepEqual(await hark.channelsOf(TARAS), []);
});

Deno.test("POST …/activate: five attempts for each code", async () => {
  await using hark = await startSettings();
  const code = await hark.codeFor(OLENA, "email", ADDRESS);
  const attempt = (verificationCode: string) =>
    hark.as(OLENA, "POST", step("activate"), { address: ADDRESS, verificationCode });
  for (let by = 1; by <= MAX_CODE_TRIES; by++) {
    await assertNotProved(await attempt(wrongCode(code, by)));
  }
  await assertNotProved(await attempt(code), "the right one, too late");
  const next = await hark.codeFor(OLENA, "email", ADDRESS);
  assert.equal((await attempt(next)).status, 200);
});

Deno.test("POST …/activate: one of many concurrent attempts with the right code succeeds", async () => {
  await using hark = await startSettings();
  const verificationCode = await hark.codeFor(OLENA, "email", ADDRESS);
  const body = { address: ADDRESS, verificationCode };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => hark.as(OLENA, "POST", step("activate"), body)),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [200, ...Array.from({ length: 19 }, () => 400)]);
});

Deno.test("POST …/deactivate: keeps the address or stores a new one, of set and unset channels", async () => {
  await using hark = await startSettings();
  const deactivate = async (channel: string, body: unknown) => {
    const response = await hark.as(OLENA, "POST", step("deactivate", channel), body);
    assert.equal(response.status, 200, await response.text());
  };
  const deactivationReason = "USER_DEACTIVATED";
  await deactivate("diia", { deactivationReason });
  const diia = { channel: "diia", activated: false, deactivationReason };
  assert.deepEqual(await hark.channelsOf(OLENA), [diia]);
  const verificationCode = await hark.codeFor(OLENA, "email", ADDRESS);
  await hark.as(OLENA, "POST", step("activate"), { address: ADDRESS, verificationCode });
  const longest = "x".repeat(500);
  await deactivate("email", { address: null, deactivationReason: longest });
  const email = { ...ACTIVE, activated: false, deactivationReason: longest };
  assert.deepEqual(await hark.channelsOf(OLENA), [email, diia]);
  await deactivate("email", { address: "new@example.com", deactivationReason });
  assert.deepEqual(await hark.channelsOf(OLENA), [
    { ...email, address: "new@example.com", deactivationReason },
    diia,
  ]);
  const bad = { address: "new@example", deactivationReason };
  assert.equal((await hark.as(OLENA, "POST", step("deactivate"), bad)).status, 422);
  const again = await hark.codeFor(OLENA, "email", ADDRESS);
  const body = { address: ADDRESS, verificationCode: again };
  assert.equal((await hark.as(OLENA, "POST", step("activate"), body)).status, 200);
  assert.deepEqual(await hark.channelsOf(OLENA), [ACTIVE, diia]);
  assert.deepEqual(await hark.channelsOf(TARAS), []);
});

// Outside of this process the sandbox does not stand in for Diia.
test.inside("/api/settings/me/channels/diia: accepts only the token's own tax number", async () => {
  await using hark = await mountSettings();
  const verify = (claims: typeof OLENA, address: string) =>
    hark.as(claims, "POST", step("verify", "diia"), { address });
  for (const claims of [TARAS, { ...OLENA, drfo: undefined }]) {
    const refused = await bodyOf(await verify(claims, DRFO), 403);
    assert.equal(refused.code, "FORBIDDEN_OPERATION");
    assert.equal(JSON.stringify(refused).includes(OTHER_DRFO), false);
  }
  assert.equal(hark.sent.length, 0);
  const verificationCode = await hark.codeFor(OLENA, "diia", DRFO);
  assert.deepEqual(hark.sent, [
    {
      channel: "diia",
      address: DRFO,
      code: verificationCode,
      language: undefined,
      roles: ["citizen"],
    },
  ]);
  const body = { address: DRFO, verificationCode };
  const changed = { ...OLENA, drfo: OTHER_DRFO };
  await assertNotProved(await hark.as(changed, "POST", step("activate", "diia"), body));
  assert.equal((await hark.as(OLENA, "POST", step("activate", "diia"), body)).status, 200);
  assert.deepEqual(await hark.channelsOf(OLENA), [
    { channel: "diia", activated: true, address: DRFO },
  ]);
});

Deno.test("POST …/verify: 429 over the recipient's or the address's limit; sends nothing", async () => {
  await using hark = await startSettings();
  const [person] = CODE_LIMITS.person;
  const [address] = CODE_LIMITS.address;
  const verify = (claims: typeof OLENA, to: string) =>
    hark.as(claims, "POST", step("verify"), { address: to });
  const assertLimited = async (response: Response, waitMs: number) => {
    assert.equal(response.headers.get("retry-after"), String(waitMs / 1000));
    assert.equal((await bodyOf(response, 429)).code, "TOO_MANY_REQUESTS");
  };
  for (let i = 0; i < person.codes; i++) {
    assert.equal((await verify(OLENA, `o${i}@example.com`)).status, 202);
  }
  await assertLimited(await verify(OLENA, ADDRESS), person.perMs / person.codes);
  for (let i = 0; i < address.codes; i++) {
    assert.equal((await verify({ ...TARAS, sub: `t${i}` }, ADDRESS)).status, 202);
  }
  const sent = (await hark.codes()).length;
  await assertLimited(await verify(TARAS, ADDRESS), address.perMs / address.codes);
  assert.equal((await hark.codes()).length, sent);
  hark.clock.advance(address.perMs / address.codes);
  assert.equal((await verify(TARAS, ADDRESS)).status, 202);
});

Deno.test("POST …/verify: reports that a code could not be sent", async () => {
  await using settings = await startSettings();
  const { hark } = settings;
  const service = `/manage/services/${hark.registryServiceId}`;
  const verify = async (address: string, status: number, channel = "email") => {
    const answer = await settings.as(OLENA, "POST", step("verify", channel), { address });
    return { ...await bodyOf(answer, status), retryAfter: answer.headers.get("retry-after") };
  };
  const suppression = { channel: "email", recipient: ADDRESS, reason: "Court order" };
  await bodyOf(await hark.manage("POST", `${service}/suppressions`, suppression), 201);
  assert.equal((await verify(ADDRESS, 500)).code, "RUNTIME_ERROR");

  const daily = { time_zone: "UTC", daily_limits: { email: 0 } };
  await bodyOf(await hark.manage("PATCH", service, daily), 200);
  const limited = await verify("o@example.com", 429);
  // The clock stands at noon.
  assert.deepEqual([limited.code, limited.retryAfter], ["TOO_MANY_REQUESTS", String(12 * 3_600)]);

  const publisher = hark.citizen("publisher", { roles: [SENDER_ROLE] });
  const path = "/api/notifications/templates/sms:channel-confirmation";
  const content = '[#if recipientRoles?seq_contains("officer")]Code: ${verificationCode}[/#if]';
  await bodyOf(await publisher("PUT", path, { title: "Code", content }), 201);
  assert.equal((await verify("+380501234567", 422, "sms")).code, "VALIDATION_ERROR");
  assert.deepEqual(await settings.codes(), []);
});

Deno.test("/api/settings/…: no code or address in logs, errors or rows", async () => {
  await using hark = await startSettings();
  const code = await hark.codeFor(OLENA, "email", ADDRESS);
  const bodies = [
    { address: ADDRESS, verificationCode: wrongCode(code) },
    { address: `${ADDRESS}@`, verificationCode: code },
    { address: "other@example.com", verificationCode: code },
  ];
  const texts: string[] = [];
  for (const body of bodies) {
    texts.push(await (await hark.as(OLENA, "POST", step("activate"), body)).text());
  }
  texts.push(...(await hark.log()).map((line) => JSON.stringify(line)));
  assert.equal(JSON.stringify([...(await dump(hark.db))]).includes(ADDRESS), false);
  for (const secret of [code, wrongCode(code), ADDRESS]) {
    for (const line of texts) assert.equal(line.includes(secret), false, line);
  }
});
