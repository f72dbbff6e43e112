/** Circuit breakers, failover, pauses and rate limits of providers, through the dispatcher over real stores. */
import assert from "node:assert/strict";
import { createProviderStore } from "../../../adapters/libsql/providers/provider_settings.ts";
import {
  createProviderHealth,
  SETTINGS_TTL_MS,
} from "../../../application/delivery/provider_health.ts";
import { MAX_BAD_OUTCOMES, SLOW_CALL_MS } from "../../../domain/delivery/circuit_breaker.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";
import type { ProviderChange } from "../../../domain/ports/provider_store.ts";
import { BACKENDS } from "../../contracts/backends.ts";
import { acceptedOutcome, type DispatchBench, openDispatch, scriptedProvider } from "./support.ts";

const DOWN: SendOutcome = { kind: "retry", outcome: "not-sent", code: "http-503" };
const UNKNOWN: SendOutcome = { kind: "retry", outcome: "unknown", code: "http-500" };
const FAULT: SendOutcome = { kind: "provider-fault", code: "20003", scope: "provider" };

/** An SMS provider whose outcome can be changed. */
function switchable(name: string) {
  let answer: () => SendOutcome = acceptedOutcome;
  const scripted = scriptedProvider("sms", () => answer());
  const provider: Provider & typeof scripted = { ...scripted, name };
  return {
    provider,
    calls: scripted.calls,
    answers: (to: () => SendOutcome) => void (answer = to),
  };
}

/** Changes a provider's settings as the operator does. */
async function change(bench: DispatchBench, name: string, settings: ProviderChange) {
  const store = createProviderStore(bench.db, bench.audit);
  bench.health.apply(await store.change(name, settings, bench.time.now));
}

async function texts(bench: DispatchBench, count: number) {
  return await Promise.all(Array.from({ length: count }, () => bench.text()));
}

async function countSent(bench: DispatchBench, refs: Awaited<ReturnType<typeof texts>>) {
  const statuses = await Promise.all(refs.map((ref) => bench.statusOf(ref)));
  return statuses.filter((status) => status === "sending").length;
}

const isOpen = (bench: DispatchBench, name: string) =>
  bench.health.list().find((listed) => listed.name === name)?.state.breaker.phase === "open";

/** Dispatches as the loop does, every 200 ms of the bench's time. */
async function run(bench: DispatchBench, ms: number) {
  for (let at = 0; at < ms; at += 200) {
    await bench.drain();
    bench.time.now += 200;
  }
}

Deno.test("dispatchOnce: holds messages without an attempt while the only provider is down, and drains when it is back", async () => {
  const { provider, calls, answers } = switchable("first");
  await using bench = await openDispatch({ providers: { sms: provider } });
  answers(() => DOWN);
  const early = await texts(bench, 20);
  await bench.drain();
  assert(isOpen(bench, "first"));
  const before = calls.length;
  const late = await texts(bench, 200);
  await bench.drain();
  assert.equal(calls.length, before, "no call while the breaker is open");
  assert.deepEqual(await bench.story(late[0] ?? assert.fail()), []);
  assert.equal(await bench.statusOf(late[0] ?? assert.fail()), "created");
  await run(bench, 10 * 60_000);
  const probes = calls.length - before;
  assert(probes >= 100 && probes <= 500, `${probes} probes in ten minutes`);
  answers(acceptedOutcome);
  await run(bench, 5_000);
  const sent = await countSent(bench, [...early, ...late]);
  assert(sent >= 110, `${sent} of 220 five seconds after the recovery`);
  await run(bench, 16 * 60_000);
  assert.equal(await countSent(bench, [...early, ...late]), 220);
  assert(!isOpen(bench, "first"));
  const events = bench.logged.map(({ event }) => event);
  assert(events.includes("provider-breaker-opened") && events.includes("provider-breaker-closed"));
});

Deno.test("dispatchOnce: shifts to the second provider within twenty failures, and returns to the first", async () => {
  const [first, second] = [switchable("first"), switchable("second")];
  await using bench = await openDispatch({
    providers: { sms: [first.provider, second.provider] },
  });
  const refs = await texts(bench, 100);
  await bench.drain();
  assert.deepEqual([first.calls.length, second.calls.length], [100, 0]);
  assert.deepEqual((await bench.notifications.timeline(refs[0] ?? assert.fail()))?.[1]?.facts, {
    provider: "first",
    selection: "weight",
    attempt: 1,
  });

  first.answers(() => DOWN);
  for (let i = 0; i < 300; i++) {
    refs.push(await bench.text());
    await bench.drain();
    bench.time.now += 100;
  }
  // Twenty at most before the shift; then a probe each second.
  const failed = first.calls.length - 100;
  assert(failed <= 20 + 30, `${failed} calls of the first provider`);
  assert(second.calls.length >= 250);
  const [last] = refs.slice(-2);
  const facts = (await bench.notifications.timeline(last ?? assert.fail()))?.map(({ facts }) =>
    facts
  );
  assert(
    facts?.some(({ provider, selection }) => provider === "second" && selection === "failover"),
  );

  first.answers(acceptedOutcome);
  for (let i = 0; i < 50; i++) {
    refs.push(await bench.text());
    await bench.drain();
    bench.time.now += 100;
  }
  const until = [first.calls.length, second.calls.length] as const;
  refs.push(...await texts(bench, 50));
  await run(bench, 60_000);
  assert(first.calls.length - until[0] >= 50, "returns after the recovery");
  assert.equal(second.calls.length, until[1]);
  assert.equal(await countSent(bench, refs), refs.length, "nothing lost");
});

for (const backend of BACKENDS) {
  Deno.test(`dispatchOnce: ends held messages that are too late, and those accepted 72 hours ago, with the reason, ${backend.name}`, async () => {
    const { provider, calls } = switchable("first");
    await using bench = await openDispatch({ backend, providers: { sms: provider } });
    await change(bench, "first", { pause: { reason: "down", since: bench.time.now } });
    const urgent = await bench.text({ delivery: { validUntil: bench.time.now + 60_000 } });
    const old = await texts(bench, 150);
    await run(bench, 2_000);
    assert.equal(await bench.statusOf(urgent), "created");
    bench.time.now += 60_000;
    await run(bench, 2_000);
    assert.equal(await bench.statusOf(urgent), "expired");
    bench.time.now += 72 * 3_600_000;
    const young = await texts(bench, 3);
    await run(bench, 10_000);
    const ended = await Promise.all(old.map((ref) => bench.statusOf(ref)));
    assert.deepEqual([...new Set(ended)], ["technical-failure"]);
    assert.deepEqual(await bench.story(old[0] ?? assert.fail()), [
      "attempt-ended not-sent provider-unavailable",
      "status-changed technical-failure",
    ]);
    await change(bench, "first", { pause: null });
    await bench.drain();
    assert.equal(await countSent(bench, young), 3);
    assert.equal(calls.length, 3);
  });
}

Deno.test("dispatchOnce: a message of unknown outcome goes to another provider by the rule of a repetition only", async () => {
  const [first, second] = [switchable("first"), switchable("second")];
  await using bench = await openDispatch({
    providers: { sms: [first.provider, second.provider] },
  });
  first.answers(() => UNKNOWN);
  const ref = await bench.text();
  await bench.drain();
  await change(bench, "first", { pause: { reason: "down", since: bench.time.now } });
  bench.time.now += 60_000;
  await bench.drain();
  assert.equal(second.calls.length, 0, "the delay of a repetition has not passed");
  bench.time.now += 10 * 60_000;
  await bench.drain();
  assert.equal(second.calls.length, 1);
  const story = await bench.story(ref);
  assert(story.includes("attempt-started 2 possible_duplicate"), story.join());
});

Deno.test("dispatchOnce: a fault of the account pauses the provider for all processes, uses no try, and ends by a probe", async () => {
  const { provider, calls, answers } = switchable("first");
  await using bench = await openDispatch({ providers: { sms: provider } });
  const other = createProviderHealth({
    providers: { sms: [provider] },
    store: createProviderStore(bench.db, bench.audit),
    clock: bench.clock,
    log: () => {},
  });
  answers(() => FAULT);
  const ref = await bench.text();
  await bench.drain();
  const refs = [ref, ...await texts(bench, 20)];
  await bench.drain();
  assert.equal(calls.length, 1, "the others wait");
  bench.time.now += SETTINGS_TTL_MS;
  await other.refresh();
  assert.equal(other.list()[0]?.state.fault?.code, "20003");
  await run(bench, 71 * 60_000);
  assert.equal(await countSent(bench, refs), 0);
  assert.equal(await bench.statusOf(ref), "created");
  assert.equal(
    bench.health.list()[0]?.state.fault?.since,
    bench.logged.length > 0 ? bench.health.list()[0]?.state.fault?.since : 0,
  );
  answers(acceptedOutcome);
  await run(bench, 20 * 60_000);
  assert.equal(await countSent(bench, refs), 21);
  assert.equal(bench.health.list()[0]?.state.fault, undefined);
  bench.time.now += SETTINGS_TTL_MS;
  await other.refresh();
  assert.equal(other.list()[0]?.state.fault, undefined);
});

Deno.test("dispatchOnce: keeps to the rate limit, and awaits receipts of other messages meanwhile", async () => {
  const { provider, calls } = switchable("first");
  const polled: string[] = [];
  const polling: Provider = {
    ...provider,
    poll(ids) {
      polled.push(...ids);
      return Promise.resolve([]);
    },
  };
  await using bench = await openDispatch({ providers: { sms: polling } });
  await bench.text();
  await bench.drain();
  await change(bench, "first", { ratePerSecond: 10 });
  await texts(bench, 100);
  await run(bench, 5_000);
  assert(calls.length >= 51 && calls.length <= 61, `${calls.length} calls in five seconds`);
  await change(bench, "first", { pause: { reason: null, since: bench.time.now } });
  const before = calls.length;
  polled.length = 0;
  await run(bench, 20_000);
  assert.equal(calls.length, before, "nothing is sent while it is paused");
  assert(polled.length > 0, "and those that were sent are polled");
  await change(bench, "first", { ratePerSecond: null, pause: null });
  await run(bench, 1_000);
  assert.equal(calls.length, 101);
});

Deno.test("refresh: waits for the settings when another call is reading them, and reads once for both", async () => {
  const { provider } = switchable("first");
  await using bench = await openDispatch({ providers: { sms: provider } });
  await change(bench, "first", { pause: { reason: null, since: bench.time.now } });
  const store = createProviderStore(bench.db, bench.audit);
  const released = Promise.withResolvers<void>();
  let reads = 0;
  const health = createProviderHealth({
    providers: { sms: [provider] },
    store: {
      ...store,
      async list() {
        reads++;
        await released.promise;
        return await store.list();
      },
    },
    clock: bench.clock,
    log: () => {},
  });
  const refreshes = [health.refresh(), health.refresh()];
  let isOver = false;
  const second = refreshes[1]?.then(() => isOver = true);
  await Promise.resolve();
  assert.deepEqual([health.factsOf(provider).availability, isOver], ["ready", false]);
  released.resolve();
  await second;
  assert.deepEqual([health.factsOf(provider).availability, reads], ["held", 1]);
  await Promise.all(refreshes);
  await health.refresh();
  assert.equal(reads, 1, "they are new enough");
});

Deno.test("factsOf: holds a provider back while its calls hang, before any of them has ended", () => {
  const { provider } = switchable("first");
  let now = Date.UTC(2026, 10, 29, 12);
  const health = createProviderHealth({
    providers: { sms: [provider] },
    store: { list: () => Promise.resolve([]), recordFault: () => Promise.resolve() },
    clock: { now: () => now },
    log: () => {},
  });
  const calls = Array.from({ length: MAX_BAD_OUTCOMES }, () => health.begin(provider, false, 1));
  now += SLOW_CALL_MS - 1;
  assert.equal(health.factsOf(provider).availability, "ready");
  now += 1;
  assert.equal(health.factsOf(provider).availability, "held");
  // Their outcomes change nothing while it is open.
  for (const call of calls) call.ended([acceptedOutcome()]);
  assert.equal(health.factsOf(provider).availability, "held");
});
