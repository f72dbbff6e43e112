import assert from "node:assert/strict";
import { createDiia, type Diia } from "../../../../adapters/providers/diia/diia.ts";
import {
  createDiiaTokens,
  MAX_TOKEN_LENGTH,
  TOKEN_MARGIN_MS,
} from "../../../../adapters/providers/diia/token.ts";
import type { SendOutcome } from "../../../../domain/ports/provider.ts";
import {
  type DiiaOptions,
  type DiiaStandIn,
  startDiia,
  TOKEN_LIFE_MS,
} from "../../../support/stand_ins/diia.ts";
import {
  type Behaviour,
  nonsense,
  reset,
  slow,
  status,
} from "../../../support/stand_ins/scripted_server.ts";
import { CALM, push } from "../messages.ts";

/** On a whole second, as tokens end. */
const START = Date.UTC(2026, 0, 1);
const TEXT = "text";
const TEMPLATE = {
  actionType: "message",
  templateType: "attention",
  title: TEXT,
  shortText: TEXT,
  fullText: TEXT,
};

/** A stand-in and a provider that have the same clock. */
interface Scene {
  readonly stand: DiiaStandIn;
  readonly diia: Diia;
  readonly externalTemplateId: string;
  pass(ms: number): void;
}

async function withScene(
  run: (scene: Scene) => Promise<void>,
  options: Partial<DiiaOptions> = {},
): Promise<void> {
  let time = START;
  const now = () => time;
  const stand = await startDiia({ partnerToken: "secret", now, ...options });
  const config = { baseUrl: stand.url, partnerToken: "secret", timeoutMs: 2000 };
  try {
    const published = await createDiia(config, { fetch, now }).publishTemplate(TEMPLATE, CALM);
    assert(published.ok);
    const { externalTemplateId } = published.value;
    const pass = (ms: number) => void (time += ms);
    await run({ stand, diia: createDiia(config, { fetch, now }), externalTemplateId, pass });
  } finally {
    await stand.close();
  }
}

async function tokensFor(stand: DiiaStandIn, work: () => Promise<unknown>): Promise<number> {
  const before = stand.tokensGiven();
  await work();
  return stand.tokensGiven() - before;
}

Deno.test("createDiia keeps a token till shortly before its end", async () => {
  await withScene(async ({ stand, diia, externalTemplateId, pass }) => {
    const send = () => diia.send(push({ externalTemplateId }), CALM);
    assert.equal(await tokensFor(stand, send), 1);
    assert.equal(await tokensFor(stand, send), 0);
    pass(TOKEN_LIFE_MS - TOKEN_MARGIN_MS - 1);
    assert.equal(await tokensFor(stand, send), 0);
    pass(1);
    assert.equal(await tokensFor(stand, send), 1);
    assert.equal(await tokensFor(stand, send), 0);
  });
});

Deno.test("createDiiaTokens takes a token of the greatest length", async () => {
  const token = "t".repeat(MAX_TOKEN_LENGTH);
  const ask = () => Promise.resolve({ status: 200, retryAfter: undefined, body: { token } });
  const tokens = createDiiaTokens({ ask, timeoutMs: 1000, now: () => START });
  assert.deepEqual(await tokens.take(CALM), { ok: true, value: token });
});

Deno.test("createDiia asks for one token for all who wait for one", async () => {
  await withScene(async ({ stand, diia, externalTemplateId }) => {
    stand.next(slow(50));
    const send = () => diia.send(push({ externalTemplateId }), CALM);
    const all = () => Promise.all(Array.from({ length: 20 }, send));
    assert.equal(await tokensFor(stand, all), 1);
    assert.equal(stand.distributions.length, 20);
  });
});

Deno.test("createDiia goes on waiting for a token when the one who asked first gives up", async () => {
  await withScene(async ({ stand, diia, externalTemplateId }) => {
    stand.next(slow(100));
    const stop = new AbortController();
    const message = push({ externalTemplateId });
    const before = stand.calls.length;
    const first = diia.send(message, stop.signal);
    const second = diia.send(message, CALM);
    while (stand.calls.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    assert.deepEqual(await first, { kind: "retry", outcome: "not-sent", code: "token-aborted" });
    assert.equal((await second).kind, "accepted");
  });
});

Deno.test("createDiia uses a token that is no JWT once", async () => {
  await withScene(async ({ stand, diia, externalTemplateId }) => {
    for (let i = 0; i < 3; i++) {
      const send = () => diia.send(push({ externalTemplateId }), CALM);
      assert.equal(await tokensFor(stand, send), 1);
    }
    assert.equal(stand.distributions.length, 3);
  }, { opaqueTokens: true });
});

Deno.test("createDiia does not keep a JWT that names no end", async () => {
  let tokens = 0;
  const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
  const fetch = (input: string | URL | Request) => {
    if (!String(input).includes("/auth/")) {
      return Promise.resolve(Response.json({ distributionId: "d1" }));
    }
    tokens += 1;
    const token = `${part({ alg: "none" })}.${part({ uuid: "1" })}.`;
    return Promise.resolve(Response.json({ token }));
  };
  const config = { baseUrl: "http://diia.test", partnerToken: "secret" };
  const diia = createDiia(config, { fetch, now: () => START });
  for (let i = 0; i < 2; i++) assert.equal((await diia.send(push(), CALM)).kind, "accepted");
  assert.equal(tokens, 2);
});

Deno.test("createDiia drops a token that is refused and calls once more with another", async () => {
  await withScene(async ({ stand, diia, externalTemplateId }) => {
    const send = () => diia.send(push({ externalTemplateId }), CALM);
    await send();
    stand.withdrawTokens();
    let outcome: SendOutcome | undefined;
    assert.equal(await tokensFor(stand, async () => outcome = await send()), 1);
    assert.equal(outcome?.kind, "accepted");
    assert.equal(stand.distributions.length, 2);

    // Withdrawn again for many at once: they find one another's new token.
    stand.withdrawTokens();
    const all = () => Promise.all(Array.from({ length: 8 }, send));
    assert.equal(await tokensFor(stand, all), 1);
    assert.equal(stand.distributions.length, 10);
  });
});

Deno.test("createDiia gives up a call whose second token is refused too", async () => {
  await withScene(async ({ stand, diia }) => {
    // Each token is followed by the call that it is for.
    for (const token of ["one", "two"]) {
      stand.next(status(200, { token }));
      stand.next(status(401, {}));
    }
    const before = stand.calls.length;
    const outcome = await diia.send(push(), CALM);
    assert.deepEqual(outcome, { kind: "retry", outcome: "not-sent", code: "http-401" });
    assert.equal(stand.calls.length - before, 4);
  });
});

Deno.test("createDiia says not-sent of a message for which there was no token", async () => {
  const cases: readonly (readonly [Behaviour, string, number?])[] = [
    [status(404, { name: "NotFoundError" }), "token-http-404"],
    [status(400, {}), "token-http-400"],
    [status(429, {}, { "Retry-After": "3" }), "token-http-429", 3000],
    [status(503, {}, { "Retry-After": "4" }), "token-http-503", 4000],
    [status(302, "", { Location: "/elsewhere" }), "token-http-302"],
    [nonsense(), "token-bad-answer"],
    [nonsense({ token: "" }), "token-bad-answer"],
    [nonsense({ token: "two words" }), "token-bad-answer"],
    [nonsense({ token: "a\r\nX-Header: b" }), "token-bad-answer"],
    [nonsense({ token: 5 }), "token-bad-answer"],
    [nonsense({ token: "t".repeat(MAX_TOKEN_LENGTH + 1) }), "token-bad-answer"],
    [reset(), "token-network"],
  ];
  for (const [behaviour, code, afterMs] of cases) {
    await withScene(async ({ stand, diia, externalTemplateId }) => {
      const message = push({ externalTemplateId });
      stand.next(behaviour);
      const wait = afterMs === undefined ? {} : { afterMs };
      const outcome = { kind: "retry", outcome: "not-sent", code, ...wait };
      assert.deepEqual(await diia.send(message, CALM), outcome);
      assert.equal(stand.distributions.length, 0);
      assert.equal((await diia.send(message, CALM)).kind, "accepted", "is not stuck");
    });
  }
});

Deno.test("createDiia is not stuck when a token is asked for and nothing ever ends the asking", async () => {
  let asked = 0;
  const fetch = (input: string | URL | Request) => {
    if (!String(input).includes("/auth/")) {
      return Promise.resolve(Response.json({ distributionId: "d1" }));
    }
    asked += 1;
    if (asked === 1) return Promise.withResolvers<Response>().promise;
    return Promise.resolve(Response.json({ token: "opaque" }));
  };
  const config = { baseUrl: "http://diia.test", partnerToken: "secret", timeoutMs: 500 };
  const diia = createDiia(config, { fetch, now: () => START });
  const late = { kind: "retry", outcome: "not-sent", code: "token-timeout" };
  assert.deepEqual(await diia.send(push(), CALM), late);
  assert.equal((await diia.send(push(), CALM)).kind, "accepted");
});

Deno.test("createDiia is not stuck after a token that never came", async () => {
  await withScene(async ({ stand, externalTemplateId }) => {
    const config = { baseUrl: stand.url, partnerToken: "secret", timeoutMs: 1_000 };
    const diia = createDiia(config, { fetch, now: () => START });
    const message = push({ externalTemplateId });
    stand.next(slow(5000));
    const late = { kind: "retry", outcome: "not-sent", code: "token-timeout" };
    assert.deepEqual(await diia.send(message, CALM), late);
    assert.equal((await diia.send(message, CALM)).kind, "accepted");
  });
});
