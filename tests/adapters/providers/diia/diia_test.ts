import assert from "node:assert/strict";
import {
  createDiia,
  type Diia,
  type DiiaConfig,
  fromResponse,
  MAX_PUSH_BYTES,
  MAX_RECIPIENTS,
  toRequest,
} from "../../../../adapters/providers/diia/diia.ts";
import { MAX_DIIA_ID_LENGTH } from "../../../../adapters/providers/diia/client.ts";
import type { DiiaTemplate } from "../../../../domain/ports/diia_templates.ts";
import type { OutgoingDiia } from "../../../../domain/delivery/outgoing_message.ts";
import type { SendOutcome } from "../../../../domain/ports/provider.ts";
import { type DiiaOptions, type DiiaStandIn, startDiia } from "../../../support/stand_ins/diia.ts";
import { reset, slow, status } from "../../../support/stand_ins/scripted_server.ts";
import { assertImpersonal, CALM, email, push, rejected, retry } from "../messages.ts";
import { testProvider } from "../provider_contract.ts";

const PARTNER_TOKEN = "a/secret partner-token";

const TEMPLATE: DiiaTemplate = {
  actionType: "message",
  templateType: "attention",
  title: "Запит",
  shortText: "Ваш запит готовий",
  fullText: "Вітаємо, {name}",
};

function provider(baseUrl: string, config: Partial<DiiaConfig> = {}): Diia {
  return createDiia(
    { baseUrl, partnerToken: PARTNER_TOKEN, ...config },
    { fetch, now: Date.now },
  );
}

async function withDiia(
  run: (diia: DiiaStandIn) => Promise<void>,
  options: Partial<DiiaOptions> = {},
): Promise<void> {
  const diia = await startDiia({ partnerToken: PARTNER_TOKEN, ...options });
  try {
    await run(diia);
  } finally {
    await diia.close();
  }
}

/** Publishes a template, which also makes the provider request a token. */
async function publish(diia: Diia, template: DiiaTemplate = TEMPLATE): Promise<string> {
  const published = await diia.publishTemplate(template, CALM);
  assert(published.ok);
  return published.value.externalTemplateId;
}

const NAMED = { parameters: [{ key: "name", value: "Ганна" }] };

Deno.test("toRequest: has exactly the keys of Diia's body, in their order", () => {
  const message = push({
    recipientId: "r1",
    parameters: [{ key: "name", value: "Ганна" }, { key: "name\n", value: '"' }],
  });
  assert.deepEqual(toRequest("t1", [message, push({ recipientId: "r2" })]), {
    method: "POST",
    path: "/api/v1/notification/distribution/push",
    body: '{"templateId":"t1","recipients":[' +
      '{"rnokpp":"3184710691","id":"r1","parameters":' +
      '[{"key":"name","value":"Ганна"},{"key":"name\\n","value":"\\""}]},' +
      '{"rnokpp":"3184710691","id":"r2","parameters":[]}]}',
  });
});

Deno.test("fromResponse: classifies every answer, with one outcome for a call that is refused", () => {
  const accepted = (id: string) => ({ kind: "accepted", providerMessageId: `d1/${id}` }) as const;
  const unknown = (code: string) => retry("unknown", code);
  const technical = (code: string) => rejected(false, code);
  const cases: readonly (readonly [number, unknown, SendOutcome | readonly SendOutcome[]])[] = [
    [200, { distributionId: "d1" }, [accepted("r1"), accepted("r2")]],
    [201, { distributionId: "d1", more: 1 }, [accepted("r1"), accepted("r2")]],
    [200, { distributionId: "" }, unknown("bad-answer")],
    [200, { distributionId: "../x" }, unknown("bad-answer")],
    [200, { distributionId: "d/1" }, unknown("bad-answer")],
    [200, { distributionId: "d".repeat(MAX_DIIA_ID_LENGTH + 1) }, unknown("bad-answer")],
    [200, {}, unknown("bad-answer")],
    [200, undefined, unknown("bad-answer")],
    [302, {}, unknown("http-302")],
    [400, { name: "BadRequestError" }, technical("http-400")],
    [401, {}, retry("not-sent", "http-401")],
    [403, { message: '"createDistribution" scope required' }, retry("not-sent", "http-403")],
    [404, {}, technical("http-404")],
    [408, {}, unknown("http-408")],
    [422, {}, technical("http-422")],
    [429, {}, retry("not-sent", "http-429")],
    [500, { code: 400 }, unknown("http-500")],
    [502, undefined, unknown("http-502")],
    [503, {}, retry("not-sent", "http-503")],
    [504, {}, unknown("http-504")],
  ];
  const messages = [push({ recipientId: "r1" }), push({ recipientId: "r2" })];
  const longest = { distributionId: "d".repeat(MAX_DIIA_ID_LENGTH) };
  const outcomes = fromResponse({ status: 200, body: longest, retryAfter: undefined }, messages);
  assert.ok(!("kind" in outcomes));
  assert.equal(outcomes[0]?.kind, "accepted");
  for (const [status, body, outcomes] of cases) {
    const reply = { status, body, retryAfter: undefined };
    assert.deepEqual(fromResponse(reply, messages), outcomes, `${status} ${JSON.stringify(body)}`);
  }
});

Deno.test("createDiia.send: sends a notification and returns an id to poll it by", async () => {
  await withDiia(async (stand) => {
    const diia = provider(stand.url);
    const externalTemplateId = await publish(diia);
    const outcome = await diia.send(push({ externalTemplateId, ...NAMED }), CALM);
    const [distribution] = stand.distributions;
    assert(distribution !== undefined);
    const { recipientId } = push();
    const providerMessageId = `${distribution.distributionId}/${recipientId}`;
    assert.deepEqual(outcome, { kind: "accepted", providerMessageId });
    assert.deepEqual(distribution.recipients, [{
      rnokpp: "3184710691",
      id: recipientId,
      ...NAMED,
    }]);
    assertImpersonal(outcome);
  });
});

Deno.test("createDiia.send: requests one token, and sends it as Bearer with a JSON body", async () => {
  await withDiia(async (stand) => {
    const diia = provider(`${stand.url}/`);
    const externalTemplateId = await publish(diia);
    await diia.send(push({ externalTemplateId }), CALM);
    await diia.send(push({ externalTemplateId }), CALM);
    assert.deepEqual(stand.calls.map(({ method, path }) => `${method} ${path}`), [
      "GET /api/v1/auth/partner/a%2Fsecret%20partner-token",
      "POST /api/v1/notification/template",
      "POST /api/v1/notification/distribution/push",
      "POST /api/v1/notification/distribution/push",
    ]);
    for (const { headers } of stand.calls.slice(1)) {
      assert.match(headers.get("Authorization") ?? "", /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
      assert.equal(headers.get("Content-Type"), "application/json");
    }
  });
});

testProvider({
  name: "createDiia",
  start: () => startDiia({ partnerToken: PARTNER_TOKEN }),
  connect: provider,
  message: push(),
  prepare: async (diia: Diia) => push({ externalTemplateId: await publish(diia) }),
  foreign: email(),
  takenBy: ({ distributions }) => distributions.length,
  unreachable: "token-no-connection",
  answers: [
    [status(400, { name: "BadRequestError", code: 400 }), rejected(false, "http-400")],
    [status(403, { code: 403 }), retry("not-sent", "http-403")],
    [
      status(503, "", { "Retry-After": "60" }),
      { kind: "retry", outcome: "not-sent", code: "http-503", afterMs: 60_000 },
    ],
  ],
});

Deno.test("createDiia.send: rejects when the template is unknown, and retries when the scope is missing", async () => {
  await withDiia(async (stand) => {
    assert.deepEqual(await provider(stand.url).send(push(), CALM), rejected(false, "http-404"));
  });
  await withDiia(async (stand) => {
    assert.deepEqual(await provider(stand.url).send(push(), CALM), retry("not-sent", "http-403"));
  }, { scopes: ["createTemplate"] });
});

Deno.test("createDiia.send: makes no call when the tax number is invalid", async () => {
  await withDiia(async (stand) => {
    for (const to of ["", "318471069", "3184710691 ", "АВ123456"]) {
      const outcome = await provider(stand.url).send(push({ to }), CALM);
      assert.deepEqual(outcome, rejected(true, "bad-recipient"));
    }
    assert.equal(stand.calls.length, 0);
  });
});

Deno.test("createDiia.send: requests a token first after a call without an answer, so that an outage leaves one unknown outcome", async () => {
  for (const behaviour of [reset(), status(500)]) {
    await withDiia(async (stand) => {
      const diia = provider(stand.url);
      const externalTemplateId = await publish(diia);
      stand.always(behaviour);
      const outcomes = [];
      for (let i = 0; i < 3; i++) {
        outcomes.push(await diia.send(push({ externalTemplateId }), CALM));
      }
      const kinds = outcomes.map((outcome) => outcome.kind === "retry" && outcome.outcome);
      assert.deepEqual(kinds, ["unknown", "not-sent", "not-sent"]);
      stand.always(undefined);
      assert.equal((await diia.send(push({ externalTemplateId }), CALM)).kind, "accepted");
    });
  }
});

Deno.test("createDiia.batch: makes one call for each template and returns outcomes in the order of the messages", async () => {
  await withDiia(async (stand) => {
    const diia = provider(stand.url);
    const first = await publish(diia);
    const second = await publish(diia);
    const of = (externalTemplateId: string, recipientId: string, to = "3184710691"): OutgoingDiia =>
      push({ externalTemplateId, recipientId, to });
    const outcomes = await diia.batch.send([
      of(first, "r1"),
      of(second, "r2"),
      of("unknown", "r3"),
      of(first, "r4"),
      of(second, "r5", "no number"),
      of("unknown", "r6"),
    ], CALM);
    const idOf = (templateId: string) =>
      stand.distributions.find((each) => each.templateId === templateId)?.distributionId;
    assert.deepEqual(outcomes, [
      { kind: "accepted", providerMessageId: `${idOf(first)}/r1` },
      { kind: "accepted", providerMessageId: `${idOf(second)}/r2` },
      rejected(false, "http-404"),
      { kind: "accepted", providerMessageId: `${idOf(first)}/r4` },
      rejected(true, "bad-recipient"),
      rejected(false, "http-404"),
    ]);
    assert.equal(stand.distributions.length, 2);
    assert.deepEqual(await diia.batch.send([], CALM), []);
  });
});

Deno.test("createDiia.batch: accepts as many messages as Diia does, and throws for more", async () => {
  assert.equal(MAX_RECIPIENTS, 10_000);
  await withDiia(async (stand) => {
    const diia = provider(stand.url);
    assert.equal(diia.batch.most, MAX_RECIPIENTS);
    const externalTemplateId = await publish(diia);
    const messages = Array.from(
      { length: MAX_RECIPIENTS },
      (_, index) => push({ externalTemplateId, recipientId: `r${index}` }),
    );
    const outcomes = await diia.batch.send(messages, CALM);
    const [distribution, ...others] = stand.distributions;
    assert.deepEqual(others, []);
    assert.equal(distribution?.recipients.length, MAX_RECIPIENTS);
    for (const [index, outcome] of outcomes.entries()) {
      assert(outcome.kind === "accepted");
      assert.equal(outcome.providerMessageId, `${distribution.distributionId}/r${index}`);
    }
    await assert.rejects(diia.batch.send([...messages, push()], CALM), RangeError);
    assert.equal(stand.distributions.length, 1);
  });
});

const PUSH_PATH = "/api/v1/notification/distribution/push";
const pushesTo = (stand: DiiaStandIn) => stand.calls.filter(({ path }) => path === PUSH_PATH);

Deno.test("createDiia.batch: fills a call up to its byte limit, and sends the rest in another", async () => {
  assert.equal(MAX_PUSH_BYTES, 1_000_000);
  await withDiia(async (stand) => {
    const diia = provider(stand.url);
    const externalTemplateId = await publish(diia);
    const named = (recipientId: string, value: string) =>
      push({ externalTemplateId, recipientId, parameters: [{ key: "name", value }] });
    const pair = (value: string) => [named("r1", value), named("r2", "")];
    const bytesOf = (messages: readonly OutgoingDiia[]) =>
      new TextEncoder().encode(toRequest(externalTemplateId, messages).body).length;
    // Counted in UTF-8: a Cyrillic letter is two bytes.
    const left = MAX_PUSH_BYTES - bytesOf(pair("її"));
    const edge = "її" + "x".repeat(left);
    assert.equal(bytesOf(pair(edge)), MAX_PUSH_BYTES);
    const huge = "x".repeat(MAX_PUSH_BYTES);
    const sizes: (readonly [value: string, recipients: number[]])[] = [
      [edge, [2]],
      [`${edge}x`, [1, 1]],
      [huge, [1, 1]],
    ];
    for (const [value, expected] of sizes) {
      const before = stand.distributions.length;
      const outcomes = await diia.batch.send(pair(value), CALM);
      const created = stand.distributions.slice(before);
      assert.deepEqual(created.map(({ recipients }) => recipients.length), expected);
      const idOf = (id: string) =>
        created.find(({ recipients }) => recipients.some((recipient) => recipient.id === id))
          ?.distributionId;
      assert.deepEqual(
        outcomes,
        ["r1", "r2"].map((id) => ({
          kind: "accepted",
          providerMessageId: `${idOf(id)}/${id}`,
        })),
      );
    }
  });
});

Deno.test("createDiia.batch: repeats a refused call in halves, so that only the recipient at fault is rejected", async () => {
  await withDiia(async (stand) => {
    const diia = provider(stand.url);
    const externalTemplateId = await publish(diia);
    const people = Array.from({ length: 1000 }, (_, index) => String(3_000_000_000 + index));
    const blamed = [people[0], people[617]];
    for (const id of blamed) stand.refuse(id ?? "");
    const outcomes = await diia.batch.send(
      people.map((to, index) => push({ externalTemplateId, to, recipientId: `r${index}` })),
      CALM,
    );
    const recipients = stand.distributions.flatMap((distribution) =>
      distribution.recipients.map(({ id }) => [id, `${distribution.distributionId}/${id}`] as const)
    );
    assert.equal(recipients.length, 998, "no recipient twice");
    const accepted = new Map(recipients);
    for (const [index, to] of people.entries()) {
      assert.deepEqual(
        outcomes[index],
        blamed.includes(to)
          ? rejected(false, "http-422")
          : { kind: "accepted", providerMessageId: accepted.get(`r${index}`) },
      );
    }
    assert.ok(pushesTo(stand).length <= 40, String(pushesTo(stand).length));
    assertImpersonal(outcomes.filter(({ kind }) => kind === "rejected"));
  });
});

Deno.test("createDiia.batch: halves a call that is too large for a proxy, and rejects a message that is too large by itself", async () => {
  await withDiia(async (stand) => {
    const diia = provider(stand.url);
    const externalTemplateId = await publish(diia);
    const named = (recipientId: string, length: number) =>
      push({
        externalTemplateId,
        recipientId,
        parameters: [{ key: "name", value: "x".repeat(length) }],
      });
    const outcomes = await diia.batch.send(
      [named("r1", 400), named("r2", 400), named("r3", 2000), named("r4", 400)],
      CALM,
    );
    const kinds = ["accepted", "accepted", "rejected", "accepted"];
    assert.deepEqual(outcomes.map(({ kind }) => kind), kinds);
    assert.deepEqual(outcomes[2], rejected(false, "http-413"));
    assert.equal(stand.distributions.flatMap(({ recipients }) => recipients).length, 3);
  }, { maxBytes: 1200 });
});

Deno.test("createDiia.batch: halves after 400, 413 and 422 only, and not when the signal has aborted", async () => {
  for (const code of [400, 404, 409, 413, 422, 429, 500, 503]) {
    await withDiia(async (stand) => {
      const diia = provider(stand.url);
      const externalTemplateId = await publish(diia);
      stand.always(status(code));
      await diia.batch.send(Array.from({ length: 4 }, () => push({ externalTemplateId })), CALM);
      assert.equal(pushesTo(stand).length, [400, 413, 422].includes(code) ? 7 : 1, String(code));
    });
  }
  await withDiia(async (stand) => {
    const over = new AbortController();
    const diia = createDiia({ baseUrl: stand.url, partnerToken: PARTNER_TOKEN }, {
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (String(input).endsWith(PUSH_PATH)) over.abort();
        return new Response(await response.clone().text(), response);
      },
      now: Date.now,
    });
    const externalTemplateId = await publish(diia);
    stand.next(status(422));
    const outcomes = await diia.batch.send(
      Array.from({ length: 4 }, () => push({ externalTemplateId })),
      over.signal,
    );
    for (const outcome of outcomes) assert.equal(outcome.kind, "retry");
    assert.equal(pushesTo(stand).length, 1);
  });
});

Deno.test("createDiia: no outcome, refusal or error holds the partner's token or personal data", async () => {
  await withDiia(async (stand) => {
    for (const behaviour of [status(404, { message: PARTNER_TOKEN }), reset(), slow(400)]) {
      const diia = provider(stand.url, { timeoutMs: 100 });
      const said: unknown[] = [];
      for (
        const attempt of [
          () => diia.send(push(), CALM),
          () => diia.publishTemplate(TEMPLATE, CALM),
          () => diia.poll(["d1/r1"], CALM),
        ]
      ) {
        stand.next(behaviour);
        said.push(await attempt());
      }
      assertImpersonal(said);
      assert.doesNotMatch(JSON.stringify(said), /secret|partner-token|127\.0\.0\.1/);
    }
  });
});
