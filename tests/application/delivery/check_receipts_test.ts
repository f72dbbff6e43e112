import assert from "node:assert/strict";
import {
  type CheckedProvider,
  checkReceipts,
  type ReceiptCheckPorts,
} from "../../../application/delivery/check_receipts.ts";
import type { SendOutcome } from "../../../domain/ports/provider.ts";

const MESSAGE = { to: "+447900900123", from: "notifications@hark.example", waitMs: 5_000 };

function provider(outcome: SendOutcome, channel: "sms" | "email" = "sms"): CheckedProvider {
  const send = () => Promise.resolve(outcome);
  return { provider: { name: "post", channel, send }, callsBack: true };
}

/** The ports of a deployment that the receipt reaches after so many looks. */
function ports(looks: number): ReceiptCheckPorts {
  let now = 0;
  let looked = 0;
  return {
    publicUrl: "https://hark.example",
    fetch: () => Promise.reject(new Error("not called")),
    hasReceipt: () => Promise.resolve(++looked > looks),
    now: () => now,
    sleep(ms) {
      now += ms;
      return Promise.resolve();
    },
  };
}

const ACCEPTED: SendOutcome = { kind: "accepted", providerMessageId: "m" };

Deno.test("checkReceipts: waits for the receipt of the test message, to the end of its time and no longer", async () => {
  for (const channel of ["sms", "email"] as const) {
    assert.deepEqual(await checkReceipts(provider(ACCEPTED, channel), MESSAGE, ports(5)), {
      isWrong: false,
      line: "receipts arrive: that of the test message came within 5 s",
    });
  }
  assert.deepEqual(await checkReceipts(provider(ACCEPTED), MESSAGE, ports(6)), {
    isWrong: true,
    line: "receipts do not arrive: that of the test message did not come within 5 s",
  });
});

Deno.test("checkReceipts: tells a refused test message, a provider without receipts, and one that cannot be checked", async () => {
  const refused = { kind: "rejected", permanent: false, code: "21606" } as const;
  assert.deepEqual(await checkReceipts(provider(refused), MESSAGE, ports(0)), {
    isWrong: true,
    line: "receipts do not arrive: the test message was not accepted (21606)",
  });
  const silent = { ...provider(ACCEPTED), callsBack: false };
  assert.deepEqual(await checkReceipts(silent, MESSAGE, ports(0)), {
    isWrong: false,
    line: "sends no receipts to this deployment; it accepted the test message",
  });
  const { isWrong, line } = await checkReceipts(provider(ACCEPTED), undefined, ports(0));
  assert.ok(isWrong);
  assert.match(line, /nothing was checked: give a recipient with --to/);
});
