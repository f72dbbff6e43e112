import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import {
  MAX_REQUESTS_OF_KEY_AT_ONCE,
  MAX_REQUESTS_OF_KEY_WAITING,
} from "../../../application/sending/service_slots.ts";
import { BODY_BYTES_PER_UNIT } from "../../../domain/sending/limits.ts";
import { MAX_BODY_BYTES } from "../../../routes/http/body.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { RUNNER, test } from "../../support/runner.ts";
import {
  bodyOf,
  callAt,
  DAY,
  EMAIL,
  emailTo,
  HOUR,
  type MovableClock,
  movableClock,
  newServiceWithTemplates,
  NOON,
  SECOND,
  type ServiceWithTemplates,
  SMS,
  SMS_2016,
  textTo,
} from "../support.ts";

interface Fixture {
  readonly hark: TestApplication;
  readonly clock: MovableClock;
  readonly service: ServiceWithTemplates;
}

const post = ({ hark, clock }: Fixture, key: string, path: string, body: unknown, headers = {}) =>
  callAt(hark, clock, key, "POST", path, body, headers);

async function accepts(fixture: Fixture, key: string, path: string, body: unknown): Promise<void> {
  await bodyOf(await post(fixture, key, path, body), 201);
}

/** Asserts a 429 in the API's own shape, and returns its `Retry-After`. */
async function refuses(
  answer: Response,
  error: "RateLimitError" | "TooManyRequestsError",
  message: string,
): Promise<number> {
  assert.deepEqual(await bodyOf(answer, 429), { status_code: 429, errors: [{ error, message }] });
  return Number(answer.headers.get("retry-after"));
}

const rateMessage = (kind: string, rate: number) =>
  `Exceeded rate limit for key type ${kind} of ${rate} requests per 60 seconds`;
const dayMessage = (counter: string, limit: number) =>
  `Exceeded send limits (${counter}: ${limit}) for today`;

async function withFixture(
  settings: Readonly<Record<string, unknown>>,
  run: (fixture: Fixture) => Promise<void>,
  startsAt = NOON,
): Promise<void> {
  const clock = movableClock(startsAt);
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark, settings);
  await run({ hark, clock, service });
}

Deno.test("POST /v2/notifications/sms: accepts a burst of a third of a minute's rate, then as the bucket refills", async () => {
  await withFixture({ rate_limit_per_minute: 30 }, async (fixture) => {
    const { service, clock } = fixture;
    const { live } = service.keys;
    const text = textTo(service);
    for (let sent = 0; sent < 10; sent++) await accepts(fixture, live, SMS, text);
    const error = ["RateLimitError", rateMessage("LIVE", 30)] as const;
    assert.equal(await refuses(await post(fixture, live, SMS, text), ...error), 2);
    // Refused requests are not charged, and their validation errors are not reported.
    for (const body of ["{", "{}", { phone_number: "x" }, textTo(service, { template_id: "x" })]) {
      assert.equal(await refuses(await post(fixture, live, SMS, body), ...error), 2);
    }
    assert.equal(await refuses(await post(fixture, live, EMAIL, "{"), ...error), 2);
    clock.advance(1_999);
    assert.equal(await refuses(await post(fixture, live, SMS, text), ...error), 1);
    clock.advance(1);
    await accepts(fixture, live, SMS, text);
    assert.equal(await refuses(await post(fixture, live, SMS, text), ...error), 2);
    clock.advance(20 * SECOND);
    for (let sent = 0; sent < 10; sent++) await accepts(fixture, live, SMS, text);
    assert.equal(await refuses(await post(fixture, live, SMS, text), ...error), 2);
    clock.advance(HOUR);
    for (let sent = 0; sent < 10; sent++) await accepts(fixture, live, SMS, text);
    await refuses(await post(fixture, live, SMS, text), ...error);
  });
});

Deno.test("POST /v2/notifications/sms: accepts exactly the burst when all requests come at once", async () => {
  await withFixture({ rate_limit_per_minute: 60 }, async (fixture) => {
    const { live } = fixture.service.keys;
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => post(fixture, live, SMS, textTo(fixture.service))),
    );
    const statuses = answers.map(({ status }) => status);
    await Promise.all(answers.map((answer) => answer.body?.cancel()));
    assert.equal(statuses.filter((status) => status === 201).length, 20);
    assert.equal(statuses.filter((status) => status === 429).length, 40);
    await fixture.hark.settle();
    assert.equal((await fixture.hark.sent()).length, 20);
  });
});

Deno.test("POST /v2/notifications/sms: answers 201 or 429, and no error, while its bucket refills", async () => {
  // Each read of the clock advances it, so that the bucket refills while requests are evaluated.
  let now = Date.now();
  const clock = createClock(() => now += 1);
  await using hark = await startTestApplication({ clock });
  const { id, keys } = await hark.newService({ rate_limit_per_minute: 600 });
  const template_id = await hark.newTemplate(id);
  const text = { phone_number: "07900900123", template_id, personalisation: { name: "Ann" } };
  const statuses = new Map<number, number>();
  for (let round = 0; round < 40; round++) {
    const answers = await Promise.all(
      Array.from({ length: 32 }, () => hark.as(keys.test, "POST", SMS, text)),
    );
    for (const answer of answers) {
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      await answer.body?.cancel();
    }
  }
  assert.deepEqual([...statuses.keys()].sort(), [201, 429]);
  await hark.settle();
});

Deno.test("POST /v2/notifications/sms: accepts 999 requests of the default rate at once", async () => {
  await withFixture({ daily_limits: { sms: 100_000 } }, async (fixture) => {
    const { service, hark } = fixture;
    const text = textTo(service);
    const send = () => post(fixture, service.keys.test, SMS, text);
    // As many at once as a process takes of one key; a Worker refuses what would wait for the database for seconds.
    const most = RUNNER === "process"
      ? MAX_REQUESTS_OF_KEY_AT_ONCE + MAX_REQUESTS_OF_KEY_WAITING
      : MAX_REQUESTS_OF_KEY_AT_ONCE;
    for (let left = 998; left > 0; left -= most) {
      const answers = await Promise.all(Array.from({ length: Math.min(left, most) }, send));
      for (const answer of answers) {
        assert.equal(answer.status, 201);
        await answer.body?.cancel();
      }
    }
    await bodyOf(await send(), 201);
    await refuses(await send(), "RateLimitError", rateMessage("TEST", 3000));
    await hark.settle();
  });
});

Deno.test("POST /v2/notifications/sms: shares a bucket for each kind of key with the 2016 API", async () => {
  await withFixture({ rate_limit_per_minute: 3 }, async (fixture) => {
    const { hark, service } = fixture;
    await hark.manage("PUT", `/manage/services/${service.id}/guests`, {
      email_addresses: ["ann@example.com"],
      phone_numbers: ["07700900123"],
    });
    const old = { to: "07700900123", template: service.sms, personalisation: { name: "Ann" } };
    const paths = [[SMS, textTo(service)], [EMAIL, emailTo(service)], [SMS_2016, old]] as const;
    const kinds = [["live", "LIVE"], ["team", "TEAM"], ["test", "TEST"]] as const;
    for (const [at, [kind, word]] of kinds.entries()) {
      const key = service.keys[kind];
      const [path, body] = paths[at] ?? paths[0];
      await accepts(fixture, key, path, body);
      const error = ["RateLimitError", rateMessage(word, 3)] as const;
      assert.equal(await refuses(await post(fixture, key, SMS, textTo(service)), ...error), 20);
      const answer = await post(fixture, key, SMS_2016, old);
      assert.equal(answer.headers.get("retry-after"), "20");
      assert.deepEqual(await bodyOf(answer, 429), {
        result: "error",
        message: rateMessage(word, 3),
      });
    }
  });
});

Deno.test("PATCH /manage/services/{id}: changes the rate limit at once, both ways", async () => {
  await withFixture({ rate_limit_per_minute: 3 }, async (fixture) => {
    const { hark, service } = fixture;
    const { live } = service.keys;
    const change = async (settings: unknown) =>
      await bodyOf(await hark.manage("PATCH", `/manage/services/${service.id}`, settings), 200);
    await accepts(fixture, live, SMS, textTo(service));
    await refuses(
      await post(fixture, live, SMS, textTo(service)),
      "RateLimitError",
      rateMessage("LIVE", 3),
    );
    await change({ rate_limit_per_minute: 3000 });
    await accepts(fixture, live, SMS, textTo(service));
    await change({ rate_limit_per_minute: 0 });
    await refuses(
      await post(fixture, live, SMS, textTo(service)),
      "RateLimitError",
      rateMessage("LIVE", 0),
    );
    fixture.clock.advance(DAY);
    await refuses(
      await post(fixture, live, SMS, textTo(service)),
      "RateLimitError",
      rateMessage("LIVE", 0),
    );
  });
});

Deno.test("GET and preview: have no rate limit", async () => {
  await withFixture({ rate_limit_per_minute: 3, daily_limits: { sms: 1 } }, async (fixture) => {
    const { hark, clock, service } = fixture;
    await accepts(fixture, service.keys.live, SMS, textTo(service));
    for (let read = 0; read < 5; read++) {
      const path = "/v2/notifications";
      await bodyOf(await callAt(hark, clock, service.keys.live, "GET", path), 200);
      const preview = `/v2/template/${service.sms}/preview`;
      const body = { personalisation: { name: "x" } };
      await bodyOf(await post(fixture, service.keys.live, preview, body), 200);
    }
  });
});

Deno.test("POST /v2/notifications/{type}: each channel has a daily limit until midnight UTC by default", async () => {
  const settings = { daily_limits: { sms: 2, email: 1 } };
  await withFixture(settings, async (fixture) => {
    const { clock, service, hark } = fixture;
    const { live, team, test } = service.keys;
    await hark.manage("PUT", `/manage/services/${service.id}/guests`, {
      email_addresses: [],
      phone_numbers: ["07700900123"],
    });
    await accepts(fixture, live, SMS, textTo(service));
    // A team key shares the daily limit with live keys; a test key has none.
    await accepts(fixture, team, SMS, textTo(service));
    for (let sent = 0; sent < 4; sent++) await accepts(fixture, test, SMS, textTo(service));
    const texts = ["TooManyRequestsError", dayMessage("sms", 2)] as const;
    for (const key of [live, team]) {
      for (const body of [textTo(service), "{"]) {
        assert.equal(await refuses(await post(fixture, key, SMS, body), ...texts), 12 * 3_600);
      }
    }
    await accepts(fixture, test, SMS, textTo(service));
    await accepts(fixture, live, EMAIL, emailTo(service));
    await refuses(
      await post(fixture, live, EMAIL, emailTo(service)),
      "TooManyRequestsError",
      dayMessage("email", 1),
    );
    const old = { to: "07700900123", template: service.sms, personalisation: { name: "Ann" } };
    assert.deepEqual(await bodyOf(await post(fixture, live, SMS_2016, old), 429), {
      result: "error",
      message: dayMessage("sms", 2),
    });

    clock.advance(12 * HOUR - 1);
    assert.equal(await refuses(await post(fixture, live, SMS, textTo(service)), ...texts), 1);
    clock.advance(1);
    await accepts(fixture, live, SMS, textTo(service));
    await accepts(fixture, live, EMAIL, emailTo(service));
    await accepts(fixture, live, SMS, textTo(service));
    assert.equal(
      await refuses(await post(fixture, live, SMS, textTo(service)), ...texts),
      24 * 3_600,
    );
  });
});

Deno.test("POST /v2/notifications/{type}: a trial service's limit is 50 a day", async () => {
  await withFixture({ mode: "trial" }, async (fixture) => {
    const { hark, service } = fixture;
    const { live, team, test } = service.keys;
    await hark.manage("PUT", `/manage/services/${service.id}/guests`, {
      email_addresses: ["ann@example.com"],
      phone_numbers: ["07700900123"],
    });
    for (let sent = 0; sent < 25; sent++) {
      for (const key of [live, team]) {
        await accepts(fixture, key, SMS, textTo(service));
        await accepts(fixture, key, EMAIL, emailTo(service));
      }
    }
    for (
      const [path, body, counter] of [
        [SMS, textTo(service), "sms"],
        [EMAIL, emailTo(service), "email"],
      ] as const
    ) {
      await refuses(
        await post(fixture, live, path, body),
        "TooManyRequestsError",
        dayMessage(counter, 50),
      );
      await accepts(fixture, test, path, body);
    }
    await bodyOf(
      await hark.manage("PATCH", `/manage/services/${service.id}`, { mode: "live" }),
      200,
    );
    await accepts(fixture, live, SMS, textTo(service));
  });
});

Deno.test("POST /v2/notifications/sms: counts text messages abroad in a limit of their own as well", async () => {
  await withFixture({ daily_limits: { sms: 3, international_sms: 1 } }, async (fixture) => {
    const { service, hark } = fixture;
    const { live, test } = service.keys;
    const abroad = textTo(service, { phone_number: "+33612345678" });
    const jersey = textTo(service, { phone_number: "+447797123456" });
    await accepts(fixture, live, SMS, abroad);
    await refuses(
      await post(fixture, live, SMS, abroad),
      "TooManyRequestsError",
      dayMessage("international_sms", 1),
    );
    await accepts(fixture, test, SMS, abroad);
    await accepts(fixture, live, SMS, jersey);
    await accepts(fixture, live, SMS, textTo(service));
    await refuses(
      await post(fixture, live, SMS, textTo(service)),
      "TooManyRequestsError",
      dayMessage("sms", 3),
    );
    await hark.manage("PATCH", `/manage/services/${service.id}`, {
      daily_limits: { sms: null, international_sms: 2 },
    });
    await accepts(fixture, live, SMS, abroad);
    await refuses(
      await post(fixture, live, SMS, abroad),
      "TooManyRequestsError",
      dayMessage("international_sms", 2),
    );
  });
});

Deno.test("POST /v2/notifications/sms: accepts exactly the daily limit when all requests come at once", async () => {
  await withFixture({ daily_limits: { sms: 7 } }, async (fixture) => {
    const { service, hark } = fixture;
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => post(fixture, service.keys.live, SMS, textTo(service))),
    );
    const statuses = answers.map(({ status }) => status).sort();
    await Promise.all(answers.map((answer) => answer.body?.cancel()));
    assert.deepEqual(statuses, [...Array(7).fill(201), ...Array(33).fill(429)]);
    await hark.settle();
    assert.equal((await hark.sent()).length, 7);
  });
});

Deno.test("POST /v2/notifications/sms: a refused request is not charged", async () => {
  await withFixture({ daily_limits: { sms: 1 }, rate_limit_per_minute: 3 }, async (fixture) => {
    const { service } = fixture;
    const wrong = ["{", {}, textTo(service, { personalisation: {} })];
    for (const body of wrong) await bodyOf(await post(fixture, service.keys.live, SMS, body), 400);
    await accepts(fixture, service.keys.live, SMS, textTo(service));
  });
});

Deno.test("POST /v2/notifications/sms: each service has its own counters", async () => {
  await withFixture({ daily_limits: { sms: 1 }, rate_limit_per_minute: 3 }, async (fixture) => {
    const other = await newServiceWithTemplates(fixture.hark, {
      daily_limits: { sms: 1 },
      rate_limit_per_minute: 3,
    });
    await accepts(fixture, fixture.service.keys.live, SMS, textTo(fixture.service));
    await accepts(fixture, other.keys.live, SMS, textTo(other));
  });
});

Deno.test("POST /v2/notifications/sms: a refused body costs a unit of the rate for each 64 kB beyond the first", async () => {
  await withFixture({ rate_limit_per_minute: 30 }, async (fixture) => {
    const { live } = fixture.service.keys;
    const text = textTo(fixture.service);
    const broken = (bytes: number) => "{".padEnd(bytes, " ");
    const refused = async (bytes: number) =>
      await bodyOf(await post(fixture, live, SMS, broken(bytes)), 400);
    for (let at = 0; at < 20; at++) await refused(BODY_BYTES_PER_UNIT);
    await refused(BODY_BYTES_PER_UNIT + 1);
    await refused(4 * BODY_BYTES_PER_UNIT);
    // Ten units are in the bucket; four are used.
    for (let sent = 0; sent < 6; sent++) await accepts(fixture, live, SMS, text);
    const error = ["RateLimitError", rateMessage("LIVE", 30)] as const;
    await refuses(await post(fixture, live, SMS, text), ...error);
    await refuses(await post(fixture, live, SMS, broken(4 * BODY_BYTES_PER_UNIT)), ...error);
    fixture.clock.advance(2 * SECOND);
    await accepts(fixture, live, SMS, text);
    fixture.clock.advance(HOUR);
    // More than the bucket holds empties it, and no more.
    await refused(40 * BODY_BYTES_PER_UNIT);
    assert.equal(await refuses(await post(fixture, live, SMS, text), ...error), 2);
  });
});

// `fetch` states the length of every body.
test.inside("POST /v2/notifications/sms: a body that is read until it is too large costs as other refused ones, an unread one nothing", async () => {
  await withFixture({ rate_limit_per_minute: 30 }, async (fixture) => {
    const { live } = fixture.service.keys;
    const text = textTo(fixture.service);
    const tooLarge = (path: string, headers = {}) =>
      callAt(
        fixture.hark,
        fixture.clock,
        live,
        "POST",
        path,
        " ".repeat(MAX_BODY_BYTES + 1),
        headers,
      );
    await bodyOf(await tooLarge(SMS, { "content-length": String(MAX_BODY_BYTES + 1) }), 413);
    await accepts(fixture, live, SMS, text);
    for (const path of [SMS, SMS_2016, `/v2/template/${fixture.service.sms}/preview`]) {
      fixture.clock.advance(HOUR);
      await bodyOf(await tooLarge(path), 413);
      await refuses(
        await post(fixture, live, SMS, text),
        "RateLimitError",
        rateMessage("LIVE", 30),
      );
    }
  });
});

Deno.test("POST /v2/template/{id}/preview: a large body costs units of the rate, an accepted send one whatever its size", async () => {
  await withFixture({ rate_limit_per_minute: 30 }, async (fixture) => {
    const { service } = fixture;
    const { live } = service.keys;
    const padded = (body: unknown, bytes: number) => JSON.stringify(body).padEnd(bytes, " ");
    const preview = (bytes: number) =>
      post(
        fixture,
        live,
        `/v2/template/${service.sms}/preview`,
        padded({ personalisation: { name: "x" } }, bytes),
      );
    for (let at = 0; at < 20; at++) await bodyOf(await preview(BODY_BYTES_PER_UNIT), 200);
    await bodyOf(await preview(6 * BODY_BYTES_PER_UNIT), 200);
    for (let sent = 0; sent < 5; sent++) {
      await accepts(fixture, live, SMS, padded(textTo(service), 40 * BODY_BYTES_PER_UNIT));
    }
    await refuses(
      await preview(BODY_BYTES_PER_UNIT + 1),
      "RateLimitError",
      rateMessage("LIVE", 30),
    );
    await bodyOf(await preview(BODY_BYTES_PER_UNIT), 200);
  });
});
