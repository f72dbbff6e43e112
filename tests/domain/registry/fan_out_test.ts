import assert from "node:assert/strict";
import { toPerson } from "../../../domain/registry/fan_out.ts";
import { REALMS } from "../../../domain/recipient/realm.ts";

Deno.test("toPerson: has the recipient's realm where the deployment has realms", () => {
  const recipient = { id: "olena", realm: "OFFICER" } as const;
  assert.deepEqual(toPerson(recipient, REALMS), { recipientId: "olena", realm: "officer" });
  assert.deepEqual(toPerson(recipient, undefined), { recipientId: "olena" });
  assert.deepEqual(toPerson({ id: "olena", realm: null }, REALMS), { recipientId: "olena" });
});

Deno.test("toPerson: no id names a person of another realm", () => {
  for (const id of [undefined, null, "", "officer\u0000olena", "\u0000olena", "a\nb"]) {
    assert.equal(toPerson({ id, realm: "CITIZEN" }, REALMS), undefined, JSON.stringify(id));
  }
});
