import assert from "node:assert/strict";
import {
  keptFailure,
  MAX_KEPT_CODE,
  MAX_KEPT_DIGITS,
  withoutDoubtfulCode,
} from "../../../domain/notification/deleted_message.ts";

const CODES = [
  ...["timeout", "http-502", "token-http-401", "no-receipt", "recipient-suppressed", "asked"],
  ...["30005", "1", "550-5.1.1", "421-4.7.0", "550-5.7.509", "HardBounce", "SMTPApiError"],
  ...["jwt-expired", "notification-generation-error", "x".repeat(MAX_KEPT_CODE)],
  "1".repeat(MAX_KEPT_DIGITS),
];

const DOUBTFUL = [
  ...["", "07900900123", "447700900123", "+447700900123", "07700-900-123", "a1234567"],
  ...["ann@example.org", "ann.clerk", "550 5.1.1 <ann@example.org>: unknown", "Олена", "a b"],
  ...["x".repeat(MAX_KEPT_CODE + 1), "1".repeat(MAX_KEPT_DIGITS + 1), "550-5.1.12345", "a\nb"],
];

Deno.test("withoutDoubtfulCode: keeps codes, and nothing that can be an address, a number or a sentence", () => {
  const facts = { provider: "smtp", attempt: 2, outcome: "rejected" } as const;
  assert.deepEqual(withoutDoubtfulCode(facts), facts);
  for (const code of CODES) {
    assert.deepEqual(withoutDoubtfulCode({ ...facts, code }), { ...facts, code });
  }
  for (const code of DOUBTFUL) {
    const kept = withoutDoubtfulCode({ ...facts, code });
    assert.deepEqual(kept, facts);
    assert.ok(!("code" in kept));
  }
});

Deno.test("keptFailure: keeps the provider, and the code when it is one", () => {
  for (const code of CODES) {
    assert.equal(keptFailure(code), code);
    assert.equal(keptFailure(`twilio:${code}`), `twilio:${code}`);
  }
  for (const code of DOUBTFUL) {
    assert.equal(keptFailure(`twilio:${code}`), "twilio:other");
    assert.equal(keptFailure(code), "other");
  }
});
