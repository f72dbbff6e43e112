import assert from "node:assert/strict";
import { createPostmark } from "../../../adapters/providers/postmark/postmark.ts";
import type { Outbox } from "../../../domain/ports/outbox.ts";
import { RETRY_DELAYS_MS, UNKNOWN_DELAYS_MS } from "../../../domain/delivery/retry.ts";
import { ATTEMPT_TIMEOUT_MS, LEASE_MS } from "../../../application/delivery/attempts.ts";
import {
  CLAIM_LIMIT,
  CLAIM_LIMIT_SERVING,
  MAX_IN_FLIGHT,
  MAX_IN_FLIGHT_BATCHED,
  SERVING_MS,
} from "../../../application/delivery/capacity.ts";
import { SHARED_HTTP } from "../../contracts/backends.ts";
import { capacityFor } from "../../contracts/isolate.ts";
import { type PostmarkStandIn, startPostmark } from "../../support/stand_ins/postmark.ts";
import { dropAnswer, slow, takenStatus } from "../../support/stand_ins/scripted_server.ts";
import { acceptedOutcome, openDispatch, scriptedProvider } from "./support.ts";

const addressOf = (index: number) => `ada@${index}.example.test`;

async function withPostmark(
  run: (
    postmark: PostmarkStandIn,
    email: ReturnType<typeof createPostmark>,
  ) => Promise<void>,
  timeoutMs = 10_000,
): Promise<void> {
  const webhook = { user: "postmark", password: "a-long-password" };
  const postmark = await startPostmark({
    token: "server-token",
    webhookUser: webhook.user,
    webhookPassword: webhook.password,
  });
  try {
    const config = { serverToken: "server-token", baseUrl: postmark.url, webhook, timeoutMs };
    await run(postmark, createPostmark(config, { fetch }));
  } finally {
    await postmark.close();
  }
}

Deno.test("dispatchOnce: sends due e-mails in one call, each with its own outcome and timeline", async () => {
  await withPostmark(async (postmark, email) => {
    await using bench = await openDispatch({ providers: { email } });
    const refs = [];
    for (let i = 0; i < 20; i++) refs.push(await bench.email(addressOf(i)));
    postmark.deactivate(addressOf(3));
    postmark.fault(addressOf(4), 412);
    postmark.fault(addressOf(5), 100);
    await bench.drain();
    assert.deepEqual(postmark.calls.map(({ path }) => path), ["/email/batch"]);
    assert.equal(postmark.accepted.length, 17);
    const stories = new Map<string, number>();
    for (const [index, ref] of refs.entries()) {
      const story = (await bench.story(ref)).join(", ");
      stories.set(story, (stories.get(story) ?? 0) + 1);
      const stored = await bench.notifications.get(ref);
      const message = postmark.accepted.find(({ To }) => To === addressOf(index));
      assert.equal(stored?.provider, message === undefined ? null : "postmark");
      assert.equal(
        message?.Metadata?.["notification_id"] ?? ref.notificationId,
        ref.notificationId,
      );
    }
    const started = "attempt-started 1, attempt-ended 1";
    assert.deepEqual(
      [...stories].toSorted(),
      [
        [`${started} accepted, status-changed sending`, 17],
        [`${started} not-sent 100`, 1],
        [`${started} not-sent 412`, 1],
        [`${started} rejected 406, status-changed permanent-failure`, 1],
      ],
    );
    postmark.fault(addressOf(4), 406);
    bench.time.now += 2 * RETRY_DELAYS_MS[0];
    postmark.fault(addressOf(5), 300);
    await bench.drain();
    assert.equal(postmark.calls.at(-1)?.path, "/email/batch", "the two go together");
    assert.equal(await bench.statusOf(refs.at(4) ?? assert.fail()), "permanent-failure");
    assert.equal(await bench.statusOf(refs.at(5) ?? assert.fail()), "permanent-failure");
  });
});

Deno.test("dispatchOnce: asks about a batch of unknown outcome, and sends the messages again, marked, when it cannot", async () => {
  for (const behaviour of [takenStatus(500), dropAnswer()]) {
    for (const isAsked of [true, false]) {
      await withPostmark(async (postmark, { search, ...provider }) => {
        const email = { ...provider, ...(isAsked ? { search } : {}) };
        await using bench = await openDispatch({ providers: { email } });
        const refs = [await bench.email(addressOf(0)), await bench.email(addressOf(1))];
        postmark.next(behaviour);
        await bench.drain();
        bench.time.now += 2 * (UNKNOWN_DELAYS_MS.email?.[0] ?? 0);
        await bench.drain();
        assert.equal(postmark.accepted.length, isAsked ? 2 : 4);
        const code = behaviour.kind === "drop-answer" ? "network" : "http-500";
        for (const ref of refs) {
          assert.deepEqual(await bench.story(ref), [
            "attempt-started 1",
            `attempt-ended 1 unknown ${code}`,
            ...isAsked
              ? ["attempt-ended 1 accepted found"]
              : ["attempt-started 2 possible_duplicate", "attempt-ended 2 accepted"],
            "status-changed sending",
          ]);
        }
      });
    }
  }
});

Deno.test("dispatchOnce: the outcome of a message is unknown when the provider returns none for it, and the others keep theirs", async () => {
  const email = {
    ...scriptedProvider("email", acceptedOutcome),
    batch: {
      most: 500,
      send: (messages: readonly unknown[]) =>
        Promise.resolve(messages.slice(0, -1).map(() => acceptedOutcome())),
    },
  };
  await using bench = await openDispatch({ providers: { email } });
  const refs = [];
  for (let i = 1; i < 4; i++) refs.push(await bench.email(addressOf(i)));
  await bench.drain();
  const statuses = await Promise.all(refs.map(bench.statusOf));
  assert.deepEqual(statuses.toSorted(), ["created", "sending", "sending"]);
  const left = refs[statuses.indexOf("created")];
  assert(left !== undefined);
  assert.deepEqual((await bench.story(left)).at(-1), "attempt-ended 1 unknown provider-broken");
});

Deno.test("dispatchOnce: a batch that hangs blocks neither texts, nor first attempts, nor the next batch", async () => {
  await withPostmark(async (postmark, email) => {
    await using bench = await openDispatch({ providers: { email } });
    for (let i = 0; i < 3; i++) await bench.email(addressOf(i));
    postmark.next(slow(60_000));
    const { claimed, ended } = await bench.dispatcher.dispatchOnce();
    assert.equal(claimed, 3);
    while (postmark.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const text = await bench.text();
    const more = [await bench.email(addressOf(7)), await bench.email(addressOf(8))];
    await bench.drain();
    assert.equal(await bench.statusOf(text), "delivered");
    assert.deepEqual(await Promise.all(more.map(bench.statusOf)), ["sending", "sending"]);
    const token = "first";
    const lease = { token, until: bench.time.now + LEASE_MS };
    const ref = await bench.email(addressOf(9), { lease });
    const notification = await bench.notifications.get(ref);
    const context = await bench.contexts.load(ref.serviceId, { fresh: true });
    assert(notification !== undefined && context !== undefined);
    const { templateId, templateVersion } = notification;
    const template = await bench.management.getTemplate(
      ref.serviceId,
      templateId,
      templateVersion,
    );
    assert(template !== undefined && bench.dispatcher.hasCapacity("email"));
    const held = { lease: { ref, token }, notification, unresolved: false };
    await bench.dispatcher.deliver(held, template, context.service);
    assert.equal(await bench.statusOf(ref), "sending");
    await ended;
  }, 1_500);
});

Deno.test("dispatchOnce: a failed start leaves its row to the next claim and does not stop the batch", async () => {
  const email = scriptedProvider("email", acceptedOutcome, 500);
  let failing: string | undefined;
  const outbox = (real: Outbox): Outbox => ({
    ...real,
    start: (lease, ...rest) =>
      lease.ref.notificationId === failing
        ? Promise.reject(new Error("the disk is full"))
        : real.start(lease, ...rest),
  });
  await using bench = await openDispatch({ providers: { email }, outbox });
  const refs = [];
  for (let i = 0; i < 5; i++) refs.push(await bench.email(addressOf(i)));
  failing = refs[2]?.notificationId;
  await bench.drain();
  const statuses = await Promise.all(refs.map(bench.statusOf));
  assert.deepEqual(statuses, ["sending", "sending", "created", "sending", "sending"]);
  assert.deepEqual(email.calls.map(({ length }) => length), [4]);
  const broken = bench.logged.filter(({ event }) => event === "attempt-error");
  assert.deepEqual(broken.map(({ notification_id }) => notification_id), [failing]);
  failing = undefined;
  bench.time.now += LEASE_MS;
  await bench.drain();
  assert.deepEqual(email.calls.map(({ length }) => length), [4, 1]);
});

Deno.test("dispatchOnce: retries recording a result, and sends nothing again", async () => {
  const email = scriptedProvider("email", acceptedOutcome, 500);
  let failing = "";
  let tries = 0;
  const outbox = (real: Outbox): Outbox => ({
    ...real,
    settle: (lease, ...rest) => {
      if (lease.ref.notificationId !== failing) return real.settle(lease, ...rest);
      return ++tries === 1 ? Promise.reject(new Error("busy")) : real.settle(lease, ...rest);
    },
  });
  await using bench = await openDispatch({ providers: { email }, outbox });
  const refs = [];
  for (let i = 0; i < 3; i++) refs.push(await bench.email(addressOf(i)));
  failing = refs[1]?.notificationId ?? "";
  await bench.drain();
  assert.deepEqual(await Promise.all(refs.map(bench.statusOf)), Array(3).fill("sending"));
  assert.deepEqual(email.calls.length, 1);
});

Deno.test("dispatch: continues until nothing is due when capacity runs out repeatedly", async () => {
  const email = scriptedProvider("email", async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return acceptedOutcome();
  }, 500);
  const sms = scriptedProvider("sms", acceptedOutcome);
  await using bench = await openDispatch({ providers: { email, sms } });
  const count = MAX_IN_FLIGHT_BATCHED + CLAIM_LIMIT + 1;
  await Promise.all(Array.from({ length: count }, (_, i) => bench.email(addressOf(i))));
  await Promise.all(Array.from({ length: 2 * MAX_IN_FLIGHT + 1 }, () => bench.text()));
  await bench.drain();
  assert.equal(email.calls.flat().length, count);
  assert.equal(new Set(email.calls.flat()).size, count);
  assert.ok(email.calls.length <= 5, `${email.calls.length} calls`);
  assert.equal(sms.calls.length, 2 * MAX_IN_FLIGHT + 1);
  assert.deepEqual(await bench.outbox.claim(bench.time.now, capacityFor(10), 1), []);
});

Deno.test("dispatchOnce: concurrent passes keep within the capacity of a channel", async () => {
  const gate = Promise.withResolvers<void>();
  const sms = scriptedProvider("sms", async () => {
    await gate.promise;
    return acceptedOutcome();
  });
  await using bench = await openDispatch({ providers: { sms } });
  await Promise.all(Array.from({ length: 3 * MAX_IN_FLIGHT }, () => bench.text()));
  const { dispatcher } = bench;
  const passes = await Promise.all([
    dispatcher.dispatchOnce(),
    dispatcher.dispatchOnce(),
    dispatcher.dispatchOnce(),
  ]);
  assert.deepEqual(passes.map(({ claimed }) => claimed), [MAX_IN_FLIGHT, 0, 0]);
  assert.equal((await dispatcher.dispatchOnce()).full, true);
  gate.resolve();
  await Promise.all(passes.map(({ ended }) => ended));
  assert.equal(sms.calls.length, MAX_IN_FLIGHT);
  await bench.drain();
  assert.equal(sms.calls.length, 3 * MAX_IN_FLIGHT);
});

Deno.test("dispatchOnce: a text that hangs occupies the capacity of one row", async () => {
  const gate = Promise.withResolvers<void>();
  let hangs = true;
  const sms = scriptedProvider("sms", async () => {
    if (hangs) {
      hangs = false;
      await gate.promise;
    }
    return acceptedOutcome();
  });
  await using bench = await openDispatch({ providers: { sms } });
  const refs = await Promise.all(Array.from({ length: 3 * MAX_IN_FLIGHT }, () => bench.text()));
  const stop = new AbortController();
  const { ended } = await bench.backgroundWork.dispatch(stop.signal);
  while (sms.calls.length < refs.length) await new Promise((resolve) => setTimeout(resolve, 1));
  gate.resolve();
  await ended;
});

Deno.test("LEASE_MS: outlasts an attempt, the retries of recording its outcome and a busy database", () => {
  const tries = 200 + 1_000 + 3_000;
  assert.ok(LEASE_MS >= ATTEMPT_TIMEOUT_MS + tries + 10_000);
});

Deno.test("attempt: shortens the provider's timeout when the start was slow, so that the lease outlasts the attempt", async () => {
  const signals: boolean[] = [];
  const email = {
    ...scriptedProvider("email", acceptedOutcome),
    send: (_: unknown, signal: AbortSignal) => {
      signals.push(signal.aborted);
      return Promise.resolve(acceptedOutcome());
    },
  };
  let late = 0;
  await using bench = await openDispatch({
    providers: { email },
    outbox: (real) => ({
      ...real,
      async start(...args) {
        const number = await real.start(...args);
        bench.time.now += late;
        return number;
      },
    }),
  });
  await bench.email(addressOf(1));
  await bench.drain();
  late = ATTEMPT_TIMEOUT_MS;
  const ref = await bench.email(addressOf(2));
  await bench.drain();
  assert.deepEqual(signals, [false], "there is no call without time for it");
  assert.equal((await bench.story(ref)).at(-1), "attempt-ended 1 not-sent too-slow");
});

Deno.test("dispatchOnce: sends thousands of messages in one call when the provider takes them, without delaying other channels", async () => {
  const count = 2 * CLAIM_LIMIT + 1;
  const email = scriptedProvider("email", acceptedOutcome, 10_000);
  const sms = scriptedProvider("sms", acceptedOutcome);
  await using bench = await openDispatch({ providers: { email, sms } });
  const refs = await Promise.all(
    Array.from({ length: count }, (_, index) => bench.email(addressOf(index))),
  );
  await bench.text();
  const { claimed, ended } = await bench.dispatcher.dispatchOnce();
  await ended;
  assert.equal(claimed, count + 1);
  assert.deepEqual(email.calls.map(({ length }) => length), [count]);
  assert.deepEqual(sms.calls.map(({ length }) => length), [1]);
  for (const ref of [refs[0], refs.at(-1)]) {
    assert.equal(await bench.statusOf(ref ?? assert.fail()), "sending");
  }
});

Deno.test("dispatchOnce: starts and settles all rows of a claim of a remote database in a round trip each", async () => {
  const email = scriptedProvider("email", acceptedOutcome, 500);
  await using bench = await openDispatch({ providers: { email }, backend: SHARED_HTTP });
  const refs = [];
  for (let i = 0; i < CLAIM_LIMIT; i++) refs.push(await bench.email(addressOf(i)));
  const { connection } = bench.database;
  connection?.resetCount();
  const { claimed, ended } = await bench.dispatcher.dispatchOnce();
  await ended;
  const [claims, contexts, starts, settlements] = [1, 2, 1, 1];
  assert.equal(claimed, refs.length);
  assert.equal(connection?.roundTrips, claims + contexts + starts + settlements);
  for (const ref of [refs[0], refs.at(-1)]) {
    assert.equal(await bench.statusOf(ref ?? assert.fail()), "sending");
  }
});

Deno.test("dispatchOnce: claims fewer rows while requests are served, except for providers that take thousands", async () => {
  const email = scriptedProvider("email", acceptedOutcome, 500);
  const sms = scriptedProvider("sms", acceptedOutcome, 10_000);
  await using bench = await openDispatch({ providers: { email, sms } });
  const count = CLAIM_LIMIT_SERVING + 1;
  const beSent = async () => {
    for (let i = 0; i < count; i++) await bench.email(addressOf(i));
    for (let i = 0; i < count; i++) await bench.text();
    await bench.drain();
    return [email.calls.splice(0), sms.calls.splice(0)].map((calls) =>
      calls.map(({ length }) => length).toSorted((a, b) => b - a)
    );
  };
  assert.deepEqual(await beSent(), [[count], [count]]);
  bench.time.now += 1;
  const lease = { token: "first", until: bench.time.now + LEASE_MS };
  const ref = await bench.text({ lease });
  const notification = await bench.notifications.get(ref);
  const context = await bench.contexts.load(ref.serviceId, { fresh: true });
  const template = await bench.management.getTemplate(ref.serviceId, bench.sender.templateId);
  assert(notification !== undefined && context !== undefined && template !== undefined);
  const held = { lease: { ref, token: "first" }, notification, unresolved: false };
  await bench.dispatcher.deliver(held, template, context.service);
  sms.calls.splice(0);
  bench.time.now += SERVING_MS - 1;
  assert.deepEqual(await beSent(), [[CLAIM_LIMIT_SERVING, 1], [count]]);
  bench.time.now += 1;
  assert.deepEqual(await beSent(), [[count], [count]]);
});

Deno.test("dispatchOnce: a failed claim does not stop the channels that are claimed beside it", async () => {
  const email = scriptedProvider("email", acceptedOutcome, 10_000);
  await using bench = await openDispatch({
    providers: { email },
    outbox: (real) => ({
      ...real,
      claim: (now, capacity, ...rest) =>
        capacity.some(({ channel }) => channel === "email")
          ? Promise.reject(new Error("the disk is full"))
          : real.claim(now, capacity, ...rest),
    }),
  });
  const ref = await bench.text();
  const { claimed, ended, failure } = await bench.dispatcher.dispatchOnce();
  assert.equal(claimed, 1);
  assert.match(String(failure), /the disk is full/);
  await ended;
  assert.equal(await bench.statusOf(ref), "delivered");
});
