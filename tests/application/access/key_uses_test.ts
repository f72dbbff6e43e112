import assert from "node:assert/strict";
import { createKeyUses, MAX_NOTED_KEYS } from "../../../application/access/key_uses.ts";
import type { KeyId, ServiceId } from "../../../domain/ids.ts";
import type { KeyUse } from "../../../domain/ports/key_use_store.ts";
import type { ApiKey } from "../../../domain/service/service.ts";
import { HOUR_MS } from "../../../domain/time/durations.ts";

const SERVICE = "6b5b346e-eebd-4d67-9572-9e90a548ba6b" as ServiceId;
const NOW = Date.UTC(2031, 3, 14);

const keyOf = (id: string, lastUsedAt?: number): ApiKey => ({
  id: id as KeyId,
  name: "Key",
  kind: "live",
  createdAt: 0,
  revokedAt: undefined,
  ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
});

function open() {
  const batches: (readonly KeyUse[])[] = [];
  const uses = createKeyUses({
    write(batch) {
      batches.push(batch);
      return Promise.resolve();
    },
  });
  return { uses, batches };
}

Deno.test("createKeyUses: writes a use once an hour for each key, and nothing before write", async () => {
  const { uses, batches } = open();
  await uses.write();
  for (const at of [0, 1, HOUR_MS - 1]) uses.note(SERVICE, keyOf("a"), NOW + at);
  uses.note(SERVICE, keyOf("b", NOW - HOUR_MS + 1), NOW);
  uses.note(SERVICE, keyOf("c", NOW - HOUR_MS), NOW);
  assert.equal(batches.length, 0);
  await uses.write();
  await uses.write();
  assert.deepEqual(batches.map((batch) => batch.map(({ keyId, at }) => [keyId, at])), [
    [["a", NOW], ["c", NOW]],
  ]);
  assert.equal(batches[0]?.[0]?.before, NOW - HOUR_MS);
  // The context is cached, so the key says what it said.
  uses.note(SERVICE, keyOf("a"), NOW + HOUR_MS);
  await uses.write();
  assert.deepEqual(batches[1]?.map(({ at }) => at), [NOW + HOUR_MS]);
});

Deno.test("createKeyUses: keeps no more keys and no more uses than its bound, in batches of 200", async () => {
  const { uses, batches } = open();
  for (let n = 0; n < MAX_NOTED_KEYS + 1; n++) uses.note(SERVICE, keyOf(String(n)), NOW);
  await uses.write();
  assert.equal(batches.flat().length, MAX_NOTED_KEYS);
  assert.equal(batches.flat()[0]?.keyId, "1");
  assert.ok(batches.every((batch) => batch.length <= 200));
});
