import assert from "node:assert/strict";
import { RETRY_DELAYS_MS } from "../../../domain/delivery/retry.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";
import { receipt, START } from "../../contracts/isolate.ts";
import { openDispatch } from "./support.ts";

const NOT_SENT: SendOutcome = { kind: "retry", outcome: "not-sent", code: "http-503" };

Deno.test("dispatchOnce: numbers the messages of attempts after the first, so that receipts name their attempt", async () => {
  const outcomes: SendOutcome[] = [NOT_SENT, { kind: "accepted", providerMessageId: "m" }];
  const attempts: (number | undefined)[] = [];
  const sms: Provider = {
    name: "scripted",
    channel: "sms",
    send(message) {
      attempts.push(message.channel === "sms" ? message.attempt : 0);
      return Promise.resolve(outcomes.shift() ?? NOT_SENT);
    },
  };
  await using bench = await openDispatch({ providers: { sms } });
  const ref = await bench.text();
  await bench.drain();
  bench.time.now = START + 2 * RETRY_DELAYS_MS[0];
  await bench.drain();
  assert.deepEqual(attempts, [undefined, 2]);
  const provider = sms.name;
  const early = receipt("unknown", "permanent-failure", { provider, ref, attempt: 1 });
  await bench.receipts.receive([early], bench.time.now);
  assert.equal(await bench.statusOf(ref), "sending", "the second attempt is the newest");
});
