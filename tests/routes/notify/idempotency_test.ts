import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { RUNNER, test } from "../../support/runner.ts";
import {
  bodyOf,
  callAt,
  countOf,
  DAY,
  EMAIL,
  EMAIL_2016,
  emailTo,
  type MovableClock,
  movableClock,
  newServiceWithTemplates,
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

async function withFixture(
  run: (fixture: Fixture) => Promise<void>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark, settings);
  await run({ hark, clock, service });
}

const post = ({ hark, clock }: Fixture, key: string, path: string, body: unknown, name: string) =>
  callAt(hark, clock, key, "POST", path, body, { "idempotency-key": name });

/** Sends, and returns the answer with its text. */
async function sendOnce(fixture: Fixture, path: string, body: unknown, name = "order-1") {
  const answer = await post(fixture, fixture.service.keys.live, path, body, name);
  const text = await answer.text();
  assert.equal(answer.status, 201, text);
  assert.equal(answer.headers.get("idempotent-replayed"), null);
  return text;
}

async function assertReplayed(answer: Response, text: string, label = ""): Promise<void> {
  assert.equal(await answer.text(), text, label);
  assert.equal(answer.status, 201, label);
  assert.equal(answer.headers.get("idempotent-replayed"), "true", label);
  assert.equal(answer.headers.get("content-type"), "application/json", label);
}

const messageOf = (body: { errors?: { message: string }[]; message?: string }) =>
  body.errors?.[0]?.message ?? body.message;

const REUSED = "Idempotency-Key was used before with another request; " +
  "use a new key for a new request";

const sendRequestsOf = (service: ServiceWithTemplates) =>
  [
    [SMS, textTo(service)],
    [EMAIL, emailTo(service)],
    [SMS_2016, { to: "07700900123", template: 1, personalisation: { name: "Ann" } }],
    [EMAIL_2016, {
      to: "ann@example.com",
      template: 2,
      personalisation: { name: "Ann", item: "card" },
    }],
  ] as const;

Deno.test("POST with an Idempotency-Key: replays the first answer in every API, and sends once", async () => {
  await withFixture(async (fixture) => {
    const { service, hark, clock } = fixture;
    for (const [at, [path, body]] of sendRequestsOf(service).entries()) {
      const name = `key ${at}`;
      const text = await sendOnce(fixture, path, body, name);
      for (const wait of [0, 5 * SECOND, DAY - 6 * SECOND]) {
        clock.advance(wait);
        await assertReplayed(await post(fixture, service.keys.live, path, body, name), text, path);
      }
      clock.advance(SECOND);
    }
    await hark.settle();
    assert.equal((await hark.sent()).length, 4);
    assert.equal(await countOf(hark, "notifications"), 4);
  });
});

Deno.test("POST with an Idempotency-Key: replays the answer after the service, the template or the key changed", async () => {
  await withFixture(async (fixture) => {
    const { hark, service, clock } = fixture;
    const path = `/manage/services/${service.id}`;
    const scheduled_for = new Date(clock.now() + 60 * SECOND).toISOString().slice(0, 19);
    const request = textTo(service, { scheduled_for });
    const text = await sendOnce(fixture, SMS, request);
    const replay = async (label: string) =>
      await assertReplayed(
        await post(fixture, service.keys.live, SMS, request, "order-1"),
        text,
        label,
      );
    await bodyOf(
      await hark.manage("PUT", `${path}/templates/${service.sms}`, { body: "((other))" }),
      200,
    );
    await replay("the template wants other values");
    const limits = { daily_limits: { sms: 1 } };
    await bodyOf(await hark.manage("PATCH", path, limits), 200);
    await replay("the limit of the day is reached");
    await bodyOf(await hark.manage("PATCH", path, { daily_limits: { sms: 0 } }), 200);
    await replay("the limit of the day is none");
    await bodyOf(await hark.manage("PATCH", path, { rate_limit_per_minute: 0 }), 200);
    await replay("the rate is none");
    await bodyOf(
      await hark.manage("PATCH", path, { rate_limit_per_minute: 30, daily_limits: { sms: null } }),
      200,
    );
    await bodyOf(await hark.manage("PATCH", path, { channels: ["email"], mode: "trial" }), 200);
    await replay("the channel is closed");
    await bodyOf(await hark.manage("DELETE", `${path}/templates/${service.sms}`), 204);
    await replay("the template is deleted");
    clock.advance(120 * SECOND);
    await replay("what it was scheduled for has gone by");
    await hark.settle();
    assert.equal((await hark.sent()).length, 1);
  });
});

Deno.test("POST with an Idempotency-Key: replays the 2016 answer when the limit is reached", async () => {
  await withFixture(async (fixture) => {
    const { service } = fixture;
    const [, , [path, body]] = sendRequestsOf(service);
    const text = await sendOnce(fixture, path, body);
    await assertReplayed(await post(fixture, service.keys.live, path, body, "order-1"), text);
    const other = await post(fixture, service.keys.live, path, body, "order-2");
    assert.equal(messageOf(await bodyOf(other, 429)), "Exceeded send limits (sms: 1) for today");
  }, { daily_limits: { sms: 1 } });
});

Deno.test("POST with an Idempotency-Key: refuses another request with the same key", async () => {
  await withFixture(async (fixture) => {
    const { hark, service } = fixture;
    const text = await sendOnce(fixture, SMS, textTo(service));
    const { live, test } = service.keys;
    const others: readonly (readonly [string, string, unknown])[] = [
      [live, SMS, textTo(service, { phone_number: "07700900124" })],
      [live, SMS, textTo(service, { reference: "" })],
      [live, SMS, JSON.stringify(textTo(service)) + " "],
      [live, SMS, textTo(service, { personalisation: {} })],
      [live, EMAIL, emailTo(service)],
      [live, SMS_2016, { to: "07700900123", template: 1, personalisation: { name: "Ann" } }],
      [test, SMS, textTo(service)],
    ];
    for (const [key, path, body] of others) {
      const answer = await post(fixture, key, path, body, "order-1");
      const label = `${path} ${JSON.stringify(body)}`;
      assert.equal(answer.headers.get("idempotent-replayed"), null, label);
      const refused = await bodyOf(answer, 422, label);
      assert.equal(messageOf(refused), REUSED, label);
      if (path.startsWith("/v2/")) assert.equal(refused.errors[0].error, "IdempotencyError");
    }
    await assertReplayed(await post(fixture, live, SMS, textTo(service), "order-1"), text);
    await hark.settle();
    assert.equal((await hark.sent()).length, 1);
  });
});

Deno.test("POST with an Idempotency-Key: accepts keys of 1 to 255 printable ASCII characters only", async () => {
  await withFixture(async (fixture) => {
    const { service, hark } = fixture;
    const right = [
      "x",
      "x".repeat(255),
      "a b",
      `!"#$%&'()*+,-./:;<=>?@[\\]^_{|}~`,
      crypto.randomUUID(),
    ];
    for (const name of right) {
      const text = await sendOnce(fixture, SMS, textTo(service), name);
      await assertReplayed(
        await post(fixture, service.keys.live, SMS, textTo(service), name),
        text,
        name,
      );
    }
    const wrong = ["", "x".repeat(256), "é", "a\tb", "x".repeat(5_000)];
    // No client of the tests sends other control characters than tabs.
    if (RUNNER === "process") wrong.push("\u007f");
    const message = "Idempotency-Key must be 1 to 255 printable ASCII characters";
    for (const name of wrong) {
      for (const [path, body] of sendRequestsOf(service)) {
        const answer = await post(fixture, service.keys.live, path, body, name);
        assert.equal(messageOf(await bodyOf(answer, 400, name)), message);
      }
    }
    await hark.settle();
    assert.equal((await hark.sent()).length, right.length);
  });
});

Deno.test("POST with one Idempotency-Key: sends once when many requests come at once", async () => {
  await withFixture(async (fixture) => {
    const { hark, service } = fixture;
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(
        Array.from(
          { length: 30 },
          () => post(fixture, service.keys.live, SMS, textTo(service), `round ${round}`),
        ),
      );
      const ids = new Set<string>();
      for (const answer of answers) {
        const body = await answer.json();
        if (answer.status === 201) ids.add(body.id);
        else {
          assert.equal(answer.status, 409);
          assert.equal(answer.headers.get("retry-after"), "1");
          assert.equal(
            messageOf(body),
            "The first request with this Idempotency-Key is still being handled; try again",
          );
        }
      }
      assert.equal(ids.size, 1);
      const first = answers.filter(({ status, headers }) =>
        status === 201 && !headers.has("idempotent-replayed")
      );
      assert.equal(first.length, 1);
    }
    await hark.settle();
    assert.equal((await hark.sent()).length, 3);
  });
});

test.inside("POST with one Idempotency-Key: sends once when two isolates get requests at once", async () => {
  await withFixture(async (fixture) => {
    const { hark, clock, service } = fixture;
    await using duplicateUpload = await startTestApplication({
      clock,
      db: hark.db,
      mailbox: hark.mailbox,
    });
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all([hark, duplicateUpload].map(async (each) => {
        const sent = { ...fixture, hark: each };
        const answer = await post(sent, service.keys.live, SMS, textTo(service), `round ${round}`);
        return {
          body: await bodyOf(answer, 201),
          replayed: answer.headers.has("idempotent-replayed"),
        };
      }));
      assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
      assert.deepEqual(answers.map(({ replayed }) => replayed).sort(), [false, true]);
    }
    await duplicateUpload.settle();
    await hark.settle();
    assert.equal((await hark.sent()).length, 5);
  });
});

Deno.test("POST with an Idempotency-Key: each service has its own keys", async () => {
  await withFixture(async (fixture) => {
    const other = await newServiceWithTemplates(fixture.hark);
    await sendOnce(fixture, SMS, textTo(fixture.service));
    await sendOnce({ ...fixture, service: other }, SMS, textTo(other));
  });
});

Deno.test("POST with an Idempotency-Key: the key expires after 24 hours", async () => {
  await withFixture(async (fixture) => {
    const { service, clock, hark } = fixture;
    const smoke = textTo(service, { phone_number: "07700900000" });
    for (const body of [textTo(service), smoke]) {
      const text = await sendOnce(fixture, SMS, body, body.phone_number);
      clock.advance(DAY - 1);
      await assertReplayed(
        await post(fixture, service.keys.live, SMS, body, body.phone_number),
        text,
      );
      clock.advance(1);
      const again = await sendOnce(fixture, SMS, body, body.phone_number);
      assert.notEqual(again, text);
      await assertReplayed(
        await post(fixture, service.keys.live, SMS, body, body.phone_number),
        again,
      );
    }
    await hark.settle();
    assert.equal((await hark.sent()).length, 2);
  });
});

Deno.test("POST with an Idempotency-Key: a refused request does not use the key", async () => {
  await withFixture(async (fixture) => {
    const { service, hark } = fixture;
    const refused = [
      "{",
      {},
      textTo(service, { phone_number: "1" }),
      textTo(service, { personalisation: {} }),
      textTo(service, { template_id: service.email }),
    ];
    for (const body of refused) {
      await bodyOf(await post(fixture, service.keys.live, SMS, body, "order-1"), 400);
    }
    assert.equal(await countOf(hark, "idempotency"), 0);
    await sendOnce(fixture, SMS, textTo(service));
    const limited = await post(fixture, service.keys.live, SMS, textTo(service), "order-2");
    assert.equal(limited.status, 429);
    await limited.body?.cancel();
    await bodyOf(
      await hark.manage("PATCH", `/manage/services/${service.id}`, {
        daily_limits: { sms: 2 },
      }),
      200,
    );
    await sendOnce(fixture, SMS, textTo(service), "order-2");
  }, { daily_limits: { sms: 1 } });
});

Deno.test("POST with an Idempotency-Key: replays the answer to a smoke-test recipient", async () => {
  await withFixture(async (fixture) => {
    const { service, hark } = fixture;
    const request = textTo(service, { phone_number: "07700900111" });
    const text = await sendOnce(fixture, SMS, request);
    await assertReplayed(await post(fixture, service.keys.live, SMS, request, "order-1"), text);
    const other = await post(fixture, service.keys.live, SMS, textTo(service), "order-1");
    assert.equal(messageOf(await bodyOf(other, 422)), REUSED);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(fixture, service.keys.live, SMS, request, "order-2")),
    );
    const ids = await Promise.all(answers.map(async (answer) => (await answer.json()).id));
    assert.equal(new Set(ids.filter((id) => id !== undefined)).size, 1);
    await hark.settle();
    assert.equal((await hark.sent()).length, 0);
  });
});

Deno.test("POST without an Idempotency-Key: sends each time", async () => {
  await withFixture(async (fixture) => {
    const { hark, clock, service } = fixture;
    const ids = new Set<string>();
    for (let sent = 0; sent < 3; sent++) {
      const request = textTo(service, { reference: "same" });
      const answer = await callAt(hark, clock, service.keys.live, "POST", SMS, request);
      ids.add((await bodyOf(answer, 201)).id);
    }
    assert.equal(ids.size, 3);
  });
});

Deno.test("GET and preview: ignore an Idempotency-Key", async () => {
  await withFixture(async (fixture) => {
    const { hark, clock, service } = fixture;
    const headers = { "idempotency-key": "" };
    const { live } = service.keys;
    await bodyOf(
      await callAt(hark, clock, live, "GET", "/v2/notifications", undefined, headers),
      200,
    );
    const preview = `/v2/template/${service.sms}/preview`;
    const body = { personalisation: { name: "x" } };
    await bodyOf(await post(fixture, live, preview, body, ""), 200);
  });
});
