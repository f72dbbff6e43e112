import assert from "node:assert/strict";
import type { AuditAction, NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { KeyId, SenderId, ServiceId, TemplateId } from "../../domain/ids.ts";
import { DEFAULT_SETTINGS } from "../../domain/service/service.ts";
import { openAccountStores } from "../../runtime/accounts.ts";
import type { Backend } from "./backends.ts";
import { callbacksOf } from "./callbacks_contract.ts";
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

function newTextSender(value: string, isDefault = false) {
  return { id: crypto.randomUUID() as SenderId, channel: "sms", value, isDefault } as const;
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

  test("settings and senders: every change has one entry and raises the revision once", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const serviceId = crypto.randomUUID() as ServiceId;
    const service = { id: serviceId, name: "Library", mode: "live", active: true } as const;
    const settings = DEFAULT_SETTINGS;
    const entry = (action: AuditAction, subject?: string) => entryOf(serviceId, action, subject);
    const create = () =>
      management.createService({ ...service, settings }, START, entry("service-created"));
    const created = await create();
    await assert.rejects(create, "an id is there once");
    const one = newTextSender("ONE");
    const two = newTextSender("TWO");
    const changes: readonly (() => Promise<unknown>)[] = [
      () =>
        management.updateService(
          serviceId,
          { name: "Libraries", settings: { time_zone: "Europe/London" } },
          START,
          entry("service-changed"),
        ),
      () => management.createSender(serviceId, one, START, entry("sender-created", one.id)),
      () => management.createSender(serviceId, two, START, entry("sender-created", two.id)),
      () =>
        management.updateSender(
          serviceId,
          one.id,
          { isDefault: true },
          START,
          entry("sender-changed", one.id),
        ),
      () => management.deleteSender(serviceId, one.id, START, entry("sender-deleted", one.id)),
    ];
    for (const [index, change] of changes.entries()) {
      assert.ok(await change());
      assert.equal(
        (await management.getService(serviceId))?.revision,
        created.revision + index + 1,
      );
    }
    assert.deepEqual(await chainOf(bench, serviceId), [
      ["service-created", undefined],
      ["service-changed", undefined],
      ["sender-created", one.id],
      ["sender-created", two.id],
      ["sender-changed", one.id],
      ["sender-deleted", one.id],
    ]);
    const taken = entry("sender-created", "x");
    const again = newTextSender("TWO");
    assert.equal(await management.createSender(serviceId, again, START, taken), "taken");
    assert.equal(
      await management.updateSender(serviceId, one.id, { isDefault: true }, START, taken),
      undefined,
    );
    assert.equal(await management.deleteSender(serviceId, one.id, START, taken), false);
    assert.equal(
      await management.updateService(
        UNKNOWN_ID,
        { name: "x" },
        START,
        entryOf(UNKNOWN_ID, "service-changed"),
      ),
      undefined,
    );
    assert.equal((await chainOf(bench, serviceId)).length, 6);
    assert.deepEqual(await chainOf(bench, UNKNOWN_ID), []);
    const [{ isDefault } = { isDefault: undefined }] = await management.listSenders(
      serviceId,
      "sms",
    );
    assert.equal(isDefault, false, "a refused change changes no default");
  });

  test("callbacks: every change has one entry, and one that changes nothing has none", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const { store } = callbacksOf(bench);
    const ref = { serviceId, kind: "delivery" } as const;
    const fields = { url: "https://hooks.library.gov.uk/", bearerToken: "0123456789" };
    const entry = (action: AuditAction) => entryOf(serviceId, action, "delivery");
    assert.equal(await store.rotate(ref, "s", START, entry("callback-secret-replaced")), undefined);
    assert.equal(await store.delete(ref, START, entry("callback-deleted")), false);
    const set = () => store.set(ref, fields, "whsec_AAAA", START, entry("callback-changed"));
    assert.equal((await set())?.isNew, true);
    assert.equal((await set())?.isNew, false);
    assert.ok(await store.rotate(ref, "whsec_BBBB", START, entry("callback-secret-replaced")));
    const beyond = await store.replay(ref, 1, 9, START, entry("callback-replayed"));
    assert.deepEqual(beyond, { oldest: 1, last: 0 });
    assert.equal(await store.delete(ref, START, entry("callback-deleted")), true);
    assert.deepEqual(await chainOf(bench, serviceId), [
      ["callback-changed", "delivery"],
      ["callback-changed", "delivery"],
      ["callback-secret-replaced", "delivery"],
      ["callback-deleted", "delivery"],
    ]);
  });

  test("senders of two processes at once are all added, each with one entry", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const other = await bench.another();
    const senders = Array.from({ length: 6 }, (_, index) => newTextSender(`TEXT ${index}`, true));
    await Promise.all(senders.map(async (sender, index) => {
      const { management } = index % 2 === 0 ? bench : other;
      const made = entryOf(serviceId, "sender-created", sender.id);
      const created = await management.createSender(serviceId, sender, START, made);
      assert.ok(typeof created === "object");
    }));
    const chain = await chainOf(bench, serviceId);
    assert.deepEqual(
      new Set(chain.map(([, subject]) => subject)),
      new Set(senders.map(({ id }) => id)),
    );
    const stored = await bench.management.listSenders(serviceId, "sms");
    assert.equal(stored.filter(({ isDefault }) => isDefault).length, 1);
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
