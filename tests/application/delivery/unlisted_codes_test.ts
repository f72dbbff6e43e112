import assert from "node:assert/strict";
import {
  logUnlistedCodes,
  MAX_LOGGED_CODES,
} from "../../../application/delivery/unlisted_codes.ts";
import type { Receipt } from "../../../domain/delivery/receipt.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";
import type { ReceiptStore } from "../../../domain/ports/receipt_store.ts";

const receipt = (code: string, fields: Partial<Receipt> = {}): Receipt => ({
  provider: "twilio",
  providerMessageId: "SM1",
  ref: undefined,
  kind: "temporary-failure",
  code,
  isUnlistedCode: true,
  at: undefined,
  dedupeKey: code,
  ...fields,
});

Deno.test("logUnlistedCodes: logs each code that the tables lack once, up to the maximum, and passes all receipts on", async () => {
  const logged: LogEntry[] = [];
  const received: Receipt[] = [];
  const receive: ReceiptStore["receive"] = (receipts) =>
    Promise.resolve(void received.push(...receipts));
  const store = logUnlistedCodes({ receive }, (entry) => logged.push(entry));
  const { isUnlistedCode: _, ...listed } = receipt("30003");
  await store.receive([receipt("99999"), receipt("99999"), listed], 0);
  await store.receive([receipt("99999")], 0);
  assert.deepEqual(logged, [{ event: "unlisted-code", provider: "twilio", code: "99999" }]);
  assert.equal(received.length, 4);
  await store.receive(
    Array.from({ length: MAX_LOGGED_CODES + 5 }, (_, index) => receipt(String(index))),
    0,
  );
  assert.equal(logged.length, MAX_LOGGED_CODES);
});
