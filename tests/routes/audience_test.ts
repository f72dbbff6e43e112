import assert from "node:assert/strict";
import { startTestApplication } from "../support/application.ts";
import {
  assertError,
  bodyOf,
  countOf,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  SMS,
  textTo,
} from "./support.ts";

const TEAM = "Can’t send to this recipient using a team-only API key";
const TRIAL = "Can’t send to this recipient when service is in trial mode – see " +
  "https://www.notifications.service.gov.uk/trial-mode";

/** The refusal of each kind of key and service mode for a guest and for others; `undefined` when allowed. */
const RULES = [
  { mode: "live", kind: "live", guest: undefined, other: undefined },
  { mode: "live", kind: "team", guest: undefined, other: TEAM },
  { mode: "live", kind: "test", guest: undefined, other: undefined },
  { mode: "trial", kind: "live", guest: undefined, other: TRIAL },
  { mode: "trial", kind: "team", guest: undefined, other: TEAM },
  { mode: "trial", kind: "test", guest: undefined, other: undefined },
] as const;

/** Recipients that are on the list in another spelling. */
const GUESTS = {
  sms: ["07700 900123", "+44 (0)7700 900123", "447700900123", "+380 67 123 45 67"],
  email: ["ann@example.com", "ANN@EXAMPLE.COM", " ann@example.com "],
} as const;
const OTHERS = {
  sms: ["07700900124", "+380671234568"],
  email: ["bob@example.com", "ann+1@example.com"],
} as const;
const LIST = {
  email_addresses: ["Ann@Example.com"],
  phone_numbers: ["07700900123", "+380671234567"],
};

for (const { mode, kind, ...verdicts } of RULES) {
  Deno.test(`POST /v2/notifications/{type}: checks the guest list for a ${kind} key of a ${mode} service`, async () => {
    await using hark = await startTestApplication();
    const service = await newServiceWithTemplates(hark, { mode });
    const path = `/manage/services/${service.id}/guests`;
    await bodyOf(await hark.manage("PUT", path, LIST), 200);
    const key = service.keys[kind];
    const cases = [
      [GUESTS, verdicts.guest],
      [OTHERS, verdicts.other],
    ] as const;
    let accepted = 0;
    for (const [recipients, refusal] of cases) {
      const requests = [
        ...recipients.sms.map((phone_number) => [SMS, textTo(service, { phone_number })] as const),
        ...recipients.email.map((email_address) =>
          [EMAIL, emailTo(service, { email_address })] as const
        ),
      ];
      for (const [path, request] of requests) {
        const answer = await hark.as(key, "POST", path, request);
        const label = JSON.stringify(request);
        if (refusal === undefined) {
          await bodyOf(answer, 201, label);
          accepted++;
        } else await assertError(answer, 400, "BadRequestError", refusal, label);
      }
    }
    await hark.settle();
    assert.equal(await countOf(hark, "notifications"), accepted);
    assert.equal((await hark.sent()).length, kind === "test" ? 0 : accepted);
  });
}

Deno.test("PUT /manage/services/{id}/guests: changes the allowed recipients of a team key at once", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const send = () => hark.as(service.keys.team, "POST", SMS, textTo(service));
  const path = `/manage/services/${service.id}/guests`;
  await assertError(await send(), 400, "BadRequestError", TEAM);
  await bodyOf(await hark.manage("PUT", path, LIST), 200);
  await bodyOf(await send(), 201);
  const none = { email_addresses: [], phone_numbers: [] };
  await bodyOf(await hark.manage("PUT", path, none), 200);
  await assertError(await send(), 400, "BadRequestError", TEAM);
});

Deno.test("POST /v2/notifications/email: 400 for a recipient whose telephone number alone is on the guest list", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { mode: "trial" });
  const list = { email_addresses: [], phone_numbers: ["07700900123"] };
  await hark.manage("PUT", `/manage/services/${service.id}/guests`, list);
  await assertError(
    await hark.as(service.keys.live, "POST", EMAIL, emailTo(service)),
    400,
    "BadRequestError",
    TRIAL,
  );
});

/** The recipients that give a test key's message its outcome, as supplied. */
const OUTCOMES: readonly (readonly [string, string, string])[] = [
  [SMS, "07700900123", "delivered"],
  [SMS, "07700900003", "temporary-failure"],
  [SMS, "+447700900003", "temporary-failure"],
  [SMS, " 447700900003 ", "temporary-failure"],
  [SMS, "07700900002", "permanent-failure"],
  [EMAIL, "ann@example.com", "delivered"],
  [EMAIL, "temp-fail@simulator.notify", "temporary-failure"],
  [EMAIL, " perm-fail@simulator.notify", "permanent-failure"],
];

Deno.test("POST /v2/notifications/{type} with a test key: ends with the simulated status of the recipient, and sends nothing", async () => {
  await using hark = await startTestApplication();
  for (const mode of ["live", "trial"]) {
    const service = await newServiceWithTemplates(hark, { mode });
    for (const [path, to, status] of OUTCOMES) {
      const request = path === SMS
        ? textTo(service, { phone_number: to })
        : emailTo(service, { email_address: to });
      const sent = await hark.as(service.keys.test, "POST", path, request);
      const { id } = await bodyOf(sent, 201, to);
      await hark.settle();
      const read = await hark.as(service.keys.live, "GET", `/v2/notifications/${id}`);
      const notification = await bodyOf(read, 200);
      assert.equal(notification.status, status, to);
      assert.notEqual(notification.completed_at, null, to);
      assert.equal(notification.phone_number ?? notification.email_address, to.trim());
    }
  }
  assert.equal((await hark.sent()).length, 0);
});

Deno.test("POST /v2/notifications/sms with a live key: sends to a magic recipient like to any other", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const request = textTo(service, { phone_number: "07700900002" });
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, request), 201);
  await hark.settle();
  assert.equal((await hark.sent())[0]?.to, "447700900002");
});

Deno.test("POST /v2/notifications/sms abroad: ends as sent, with or without the number's plus", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const phone_number of ["+33612345678", "33612345678", "0033 6 12 34 56 78"]) {
    const request = textTo(service, { phone_number });
    const { id } = await bodyOf(await hark.as(service.keys.live, "POST", SMS, request), 201);
    await hark.settle();
    assert.equal((await hark.sent())[0]?.to, "33612345678");
    const read = await hark.as(service.keys.live, "GET", `/v2/notifications/${id}`);
    assert.ok(["sent", "delivered"].includes((await bodyOf(read, 200)).status));
  }
});
