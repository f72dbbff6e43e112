import assert from "node:assert/strict";
import type { Receipt } from "../../../domain/delivery/receipt.ts";
import type { Provider } from "../../../domain/ports/provider.ts";
import { BACKENDS } from "../../contracts/backends.ts";
import { openDispatch } from "./support.ts";

/** An SMS provider that reports only when polled. */
function polledProvider(name: string) {
  const sent: string[] = [];
  const polled: string[] = [];
  const provider: Provider = {
    name,
    channel: "sms",
    send({ to }) {
      sent.push(to);
      // Message ids are unique within a provider only.
      return Promise.resolve({ kind: "accepted", providerMessageId: `message-${sent.length}` });
    },
    poll(ids) {
      polled.push(...ids);
      return Promise.resolve(ids.map((providerMessageId): Receipt => ({
        provider: name,
        providerMessageId,
        ref: undefined,
        kind: "delivered",
        code: undefined,
        at: undefined,
        dedupeKey: `${providerMessageId}:delivered`,
      })));
    },
  };
  return { provider, sent, polled };
}

for (const backend of BACKENDS) {
  Deno.test(`dispatchOnce: polls the provider that accepted the message when another is preferred now, ${backend.name}`, async () => {
    const [first, second] = [polledProvider("first"), polledProvider("second")];
    await using bench = await openDispatch({
      backend,
      providers: { sms: [first.provider, second.provider] },
    });
    const early = await bench.text();
    await bench.drain();
    assert.deepEqual([first.sent.length, second.sent.length], [1, 0]);

    const pause = { reason: null, since: bench.time.now };
    bench.health.apply({ name: "first", weight: null, ratePerSecond: null, pause, fault: null });
    const late = await bench.text();
    await bench.drain();
    assert.deepEqual([first.sent.length, second.sent.length], [1, 1]);
    assert.equal((await bench.notifications.get(late))?.provider, "second");

    bench.time.now += 60_000;
    await bench.drain();
    assert.deepEqual([first.polled, second.polled], [["message-1"], ["message-1"]]);
    assert.equal(await bench.statusOf(early), "delivered");
    assert.equal(await bench.statusOf(late), "delivered");
  });
}

Deno.test("dispatchOnce: polls nothing when the deployment no longer has the provider that accepted the message", async () => {
  const [old, current] = [polledProvider("old"), polledProvider("current")];
  const candidates: Provider[] = [old.provider];
  await using bench = await openDispatch({ providers: { sms: candidates } });
  const ref = await bench.text();
  await bench.drain();
  candidates[0] = current.provider;
  bench.time.now += 60_000;
  await bench.drain();
  assert.deepEqual([old.polled, current.polled], [[], []]);
  assert.equal(await bench.statusOf(ref), "sending");
});
