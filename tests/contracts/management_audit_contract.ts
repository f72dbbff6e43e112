import assert from "node:assert/strict";
import type { AuditAction, NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { KeyId, ServiceId, TemplateId } from "../../domain/ids.ts";
import { openAccountStores } from "../../runtime/accounts.ts";
import type { Backend } from "./backends.ts";
import { type Isolate, newSender, openBench, START } from "./isolate.ts";

const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000" as ServiceId;
const GUESTS = { emailAddresses: ["ann@dept.gov.example"], phoneNumbers: [] };

function newKey(name: string) {
  return {
    id: crypto.randomUUID() as KeyId,
    name,
    kind: "live",
    secret: crypto.randomUUID(),
  } as const;
}

function newText(name: string) {
  const id = crypto.randomUUID() as TemplateId;
  return { id, channel: "sms", name, subject: null, body: "Hi" } as const;
}

const entryOf = (chain: ServiceId, action: AuditAction, subject?: string): NewAuditEntry => ({
  chain,
  actor: { kind: "admin-token" },
  action,
  subject,
});

/** The actions and subjects of a service's chain, oldest first. */
async function chainOf({ db, encryption, clock }: Isolate, serviceId: ServiceId) {
  const { audit } = openAccountStores({ db, encryption, clock, forget: () => {} });
  const entries = await audit.list(serviceId, { olderThan: undefined, limit: 99 });
  return entries.map(({ action, subject }) => [action, subject]).reverse();
}

/** The contract of the changes of `ManagementStore` that are recorded in the audit log, with two processes. */
export function managementAuditContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`ManagementStore audit: ${name} (${backend.name})`, run);

  test("every change has one entry, in the order of the changes, and raises the revision", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, revision } = await newSender(bench);
    const key = newKey("case system");
    const text = newText("Reminder");
    const entry = (action: AuditAction, subject?: string) => entryOf(serviceId, action, subject);
    await management.createKey(serviceId, key, START, entry("key-created", key.id));
    await management.setGuests(serviceId, GUESTS, START, entry("guests-changed"));
    await management.createTemplate(serviceId, text, START, entry("template-created", text.id));
    const changed = await management.updateTemplate(
      serviceId,
      text.id,
      { name: "Notice" },
      START,
      entry("template-changed", text.id),
    );
    assert.deepEqual([changed?.name, changed?.version], ["Notice", 2]);
    const archived = entry("template-archived", text.id);
    assert.equal(await management.archiveTemplate(serviceId, text.id, START, archived), true);
    const revoked = entry("key-revoked", key.id);
    const result = await management.revokeKey(serviceId, key.id, START + 1, revoked);
    assert.equal(result?.revokedAt, START + 1);
    assert.deepEqual(await management.getGuests(serviceId), GUESTS);
    assert.deepEqual(await chainOf(bench, serviceId), [
      ["key-created", key.id],
      ["guests-changed", undefined],
      ["template-created", text.id],
      ["template-changed", text.id],
      ["template-archived", text.id],
      ["key-revoked", key.id],
    ]);
    assert.equal((await management.getService(serviceId))?.revision, revision + 6);
  });

  test("a call that changes nothing has no entry, and leaves the revision", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, templateId } = await newSender(bench);
    const key = newKey("case system");
    await management.createKey(serviceId, key, START);
    await management.revokeKey(serviceId, key.id, START);
    await management.createKey(serviceId, newKey("taken"), START);
    await management.archiveTemplate(serviceId, templateId, START);
    const before = (await management.getService(serviceId))?.revision;
    const entry = entryOf(serviceId, "key-created");
    assert.equal(
      await management.createKey(serviceId, newKey("taken"), START, entry),
      "name-taken",
    );
    assert.equal(
      (await management.revokeKey(serviceId, key.id, START + 9, entry))?.revokedAt,
      START,
    );
    assert.equal(await management.archiveTemplate(serviceId, templateId, START, entry), true);
    const change = { name: "Late" };
    assert.equal(
      await management.updateTemplate(serviceId, templateId, change, START, entry),
      undefined,
    );
    const unknown = entryOf(UNKNOWN_ID, "guests-changed");
    assert.equal(await management.setGuests(UNKNOWN_ID, GUESTS, START, unknown), false);
    assert.equal(await management.createKey(UNKNOWN_ID, newKey("x"), START, unknown), undefined);
    assert.equal(
      await management.createTemplate(UNKNOWN_ID, newText("x"), START, unknown),
      undefined,
    );
    assert.deepEqual(await chainOf(bench, serviceId), []);
    assert.deepEqual(await chainOf(bench, UNKNOWN_ID), []);
    assert.equal((await management.getService(serviceId))?.revision, before);
  });

  test("changes of two processes at once are all made, each once, in one chain", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const other = await bench.another();
    const texts = Array.from({ length: 6 }, (_, index) => newText(`Text ${index}`));
    await Promise.all(texts.map(async (text, index) => {
      const { management } = index % 2 === 0 ? bench : other;
      const made = entryOf(serviceId, "template-created", text.id);
      assert.equal(
        (await management.createTemplate(serviceId, text, START, made))?.name,
        text.name,
      );
      const change = entryOf(serviceId, "template-changed", text.id);
      const changed = await management.updateTemplate(
        serviceId,
        text.id,
        { body: "Hello" },
        START,
        change,
      );
      assert.equal(changed?.version, 2);
    }));
    const chain = await chainOf(bench, serviceId);
    assert.equal(chain.length, 12);
    assert.equal(new Set(chain.map(String)).size, 12);
    const { audit } = openAccountStores({ ...bench, forget: () => {} });
    for await (const { brokenAt } of audit.verify()) assert.equal(brokenAt, undefined);
  });
}
