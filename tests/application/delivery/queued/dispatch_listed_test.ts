import assert from "node:assert/strict";
import type { NotificationRef } from "../../../../domain/ids.ts";
import type { Channel } from "../../../../domain/service/service.ts";
import { accepted, newSender } from "../../../contracts/isolate.ts";
import { acceptedOutcome, type DispatchBench, openDispatch, scriptedProvider } from "../support.ts";

const idsOf = (refs: readonly NotificationRef[]) =>
  refs.map(({ notificationId }) => notificationId);

/** Dispatches listed notifications of the bench's service, and waits for the end of the work. */
async function dispatchListed(
  { dispatcher, sender }: DispatchBench,
  refs: readonly NotificationRef[],
  channel: Channel,
) {
  const { serviceId } = sender;
  const { ended, ...pass } = await dispatcher.dispatchListed({
    serviceId,
    channel,
    ids: idsOf(refs),
  });
  await ended;
  return pass;
}

/** Sets the limit of the scripted provider, or pauses it. */
function apply({ health }: DispatchBench, change: { rate?: number; isPaused?: boolean }): void {
  health.apply({
    name: "scripted",
    weight: null,
    ratePerSecond: change.rate ?? null,
    pause: change.isPaused === true ? { reason: "down", since: 0 } : null,
    fault: null,
  });
}

Deno.test("dispatchListed: sends in the provider's own batches, and a repetition sends nothing", async () => {
  const provider = scriptedProvider("email", acceptedOutcome, 2);
  await using bench = await openDispatch({ providers: { email: provider } });
  const refs = [];
  for (const name of ["ann", "bob", "cid"]) refs.push(await bench.email(`${name}@example.org`));
  const other = await bench.email("dee@example.org");
  assert.deepEqual(await dispatchListed(bench, refs, "email"), { handled: 3 });
  assert.deepEqual(provider.calls.map(({ length }) => length).toSorted(), [1, 2]);
  assert.deepEqual(await dispatchListed(bench, refs, "email"), { handled: 3 });
  assert.equal(provider.calls.length, 2);
  for (const ref of refs) assert.equal(await bench.statusOf(ref), "sending");
  assert.equal(await bench.statusOf(other), "created");
});

Deno.test("dispatchListed: handles as many ids as there is capacity for", async () => {
  await using bench = await openDispatch();
  const refs = [];
  for (let n = 0; n < 65; n++) refs.push(await bench.text());
  assert.deepEqual(await dispatchListed(bench, refs, "sms"), { handled: 64 });
  assert.deepEqual(await dispatchListed(bench, refs.slice(64), "sms"), { handled: 1 });
});

Deno.test("dispatchListed: shares a scarce provider as the loop does: single sends first, services in turn", async () => {
  const provider = scriptedProvider("sms", acceptedOutcome);
  await using bench = await openDispatch({ providers: { sms: provider } });
  const bulk = [];
  for (let n = 0; n < 4; n++) bulk.push(await bench.text({ inBatch: true }));
  const other = await newSender(bench);
  const single = await accepted(bench, other);
  apply(bench, { rate: 2 });
  const scarce = { handled: 0, waits: "held" };
  assert.deepEqual(await dispatchListed(bench, bulk, "sms"), scarce);
  assert.equal(await bench.statusOf(single), "sending");
  assert.equal(provider.calls.length, 1);
  assert.deepEqual(await dispatchListed(bench, bulk, "sms"), scarce);
  assert.equal(provider.calls.length, 2);
  // Nothing is claimed while no message may go out, and it is known when the next one may.
  assert.deepEqual(await dispatchListed(bench, bulk, "sms"), scarce);
  assert.equal(provider.calls.length, 2);
  assert.equal(bench.dispatcher.resumesAt("sms"), bench.time.now + 500);
  bench.time.now += 2_000;
  await dispatchListed(bench, bulk, "sms");
  assert.equal(provider.calls.length, 4);
});

Deno.test("dispatchListed: needs no more of a scarce provider when nothing that is named is due", async () => {
  const provider = scriptedProvider("sms", acceptedOutcome);
  await using bench = await openDispatch({ providers: { sms: provider } });
  const refs = [await bench.text(), await bench.text(), await bench.text()];
  apply(bench, { rate: 2 });
  assert.deepEqual(await dispatchListed(bench, refs, "sms"), { handled: 0, waits: "held" });
  bench.time.now += 1_000;
  assert.deepEqual(await dispatchListed(bench, refs, "sms"), { handled: 0, waits: "held" });
  assert.equal(provider.calls.length, 3);
  bench.time.now += 1_000;
  // The provider never takes three at once.
  assert.deepEqual(await dispatchListed(bench, refs, "sms"), { handled: 3 });
});

Deno.test("dispatchListed: leaves rows alone while a person has paused the provider", async () => {
  const provider = scriptedProvider("sms", acceptedOutcome);
  await using bench = await openDispatch({ providers: { sms: provider } });
  const ref = await bench.text();
  apply(bench, { isPaused: true });
  assert.deepEqual(await dispatchListed(bench, [ref], "sms"), { handled: 0, waits: "held" });
  assert.equal(bench.dispatcher.resumesAt("sms"), undefined);
  apply(bench, {});
  assert.deepEqual(await dispatchListed(bench, [ref], "sms"), { handled: 1 });
  assert.equal(await bench.statusOf(ref), "sending");
});

Deno.test("dispatchListed: holds a text in quiet hours", async () => {
  const quiet = { time_zone: "Europe/Kyiv", quiet_hours: { start: "13:30", end: "16:00" } };
  await using bench = await openDispatch({ settings: quiet });
  const held = await bench.text();
  assert.deepEqual(await dispatchListed(bench, [held], "sms"), { handled: 1 });
  assert.deepEqual(await bench.story(held), ["held quiet-hours 2026-03-01T14:00:00.000Z"]);
});

Deno.test("dispatchListed: one message that breaks its provider spoils no other", async () => {
  const provider = scriptedProvider("email", (to) => {
    if (to === "bad@example.org") throw new TypeError("cannot be composed");
    return acceptedOutcome();
  });
  await using bench = await openDispatch({ providers: { email: provider } });
  const [bad, good] = [await bench.email("bad@example.org"), await bench.email("ann@example.org")];
  assert.deepEqual(await dispatchListed(bench, [bad, good], "email"), { handled: 2 });
  assert.deepEqual([await bench.statusOf(bad), await bench.statusOf(good)], ["created", "sending"]);
});

Deno.test("dispatchListed: throws when the claim fails, and has its capacity back", async () => {
  let fails = true;
  await using bench = await openDispatch({
    outbox: (real) => ({
      ...real,
      claimListed: async (...args) => {
        if (fails) throw new Error("no answer");
        return await real.claimListed(...args);
      },
    }),
  });
  const ref = await bench.text();
  for (let n = 0; n < 3; n++) {
    await assert.rejects(() => dispatchListed(bench, [ref], "sms"), /no answer/);
  }
  fails = false;
  assert.deepEqual(await dispatchListed(bench, [ref], "sms"), { handled: 1 });
  assert.equal(await bench.statusOf(ref), "delivered");
});
