import assert from "node:assert/strict";
import type { KeyId, ServiceId, TemplateId } from "../../domain/ids.ts";
import { DEFAULT_SETTINGS } from "../../domain/service/service.ts";
import type { Backend } from "./backends.ts";
import { type Bench, dump, newSender, openBench, START } from "./isolate.ts";

const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000" as ServiceId;
const HARD_TEXTS = ["123", "a\u0000b", "\ud800", "\u001b", "😀", '"', "it's", "\ufeff"] as const;

function newKey(name: string, kind: "live" | "team" | "test" = "live") {
  return { id: crypto.randomUUID() as KeyId, name, kind, secret: crypto.randomUUID() };
}

function newText(name: string, body = "Hi") {
  const id = crypto.randomUUID() as TemplateId;
  return { id, channel: "sms", name, subject: null, body } as const;
}

async function revisionOf({ management }: Bench, id: ServiceId): Promise<number | undefined> {
  return (await management.getService(id))?.revision;
}

/** The contract of {@link ManagementStore}. */
export function managementContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`ManagementStore ${name} (${backend.name})`, run);

  test("createService: returns the service as getService does", async () => {
    await using bench = await openBench(backend);
    const settings = { ...DEFAULT_SETTINGS, country: "UA", sms_sender: "CITY", sms_prefix: false };
    const id = crypto.randomUUID() as ServiceId;
    const service = { id, name: "Library", mode: "trial", active: true, settings } as const;
    const created = await bench.management.createService(service, START);
    assert.deepEqual(created, { ...service, revision: 1, createdAt: START, updatedAt: START });
    assert.deepEqual(await bench.management.getService(id), created);
    assert.equal(await bench.management.getService(UNKNOWN_ID), undefined);
    await assert.rejects(bench.management.createService(service, START), "an id is there once");
    assert.equal((await dump(bench.db)).get("data_keys")?.length, 1);
  });

  test("listServices: pages by id", async () => {
    await using bench = await openBench(backend);
    const ids: ServiceId[] = [];
    for (let i = 0; i < 5; i++) ids.push((await newSender(bench)).serviceId);
    ids.sort();
    const page = async (after: ServiceId | undefined) =>
      (await bench.management.listServices(after, 2)).map(({ id }) => id);
    assert.deepEqual(await page(undefined), ids.slice(0, 2));
    assert.deepEqual(await page(ids[1]), ids.slice(2, 4));
    assert.deepEqual(await page(ids[3]), ids.slice(4));
    assert.deepEqual(await page(ids[4]), []);
  });

  test("updateService: changes the given fields and leaves the rest", async () => {
    await using bench = await openBench(backend);
    const { serviceId, revision } = await newSender(bench);
    const { management } = bench;
    const before = await management.getService(serviceId);
    const renamed = await management.updateService(serviceId, { name: "Museum" }, START + 1);
    assert.deepEqual(renamed, {
      ...before,
      name: "Museum",
      revision: revision + 1,
      updatedAt: START + 1,
    });
    const archived = await management.updateService(
      serviceId,
      { active: false, mode: "trial", settings: { ...DEFAULT_SETTINGS, country: "FR" } },
      START + 2,
    );
    assert.deepEqual(
      [archived?.active, archived?.mode, archived?.settings.country, archived?.name],
      [false, "trial", "FR", "Museum"],
    );
    assert.deepEqual(await management.getService(serviceId), archived);
    assert.equal(
      await management.updateService(UNKNOWN_ID, { name: "x" }, START),
      undefined,
    );
  });

  test("changes: every change raises the service's revision, and no other service's", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const [{ serviceId, keyId, templateId }, other] = [
      await newSender(bench),
      await newSender(bench),
    ];
    const changes: Readonly<Record<string, () => Promise<unknown>>> = {
      updateService: () => management.updateService(serviceId, { name: "New" }, START),
      createKey: () => management.createKey(serviceId, newKey("Second"), START),
      revokeKey: () => management.revokeKey(serviceId, keyId, START),
      setGuests: () =>
        management.setGuests(serviceId, { emailAddresses: [], phoneNumbers: ["1"] }, START),
      createTemplate: () => management.createTemplate(serviceId, newText("New"), START),
      updateTemplate: () => management.updateTemplate(serviceId, templateId, newText("New"), START),
      archiveTemplate: () => management.archiveTemplate(serviceId, templateId, START),
    };
    for (const [name, change] of Object.entries(changes)) {
      const before = await revisionOf(bench, serviceId) ?? 0;
      assert.ok(await change(), name);
      assert.equal(await revisionOf(bench, serviceId), before + 1, name);
    }
    assert.equal(await revisionOf(bench, other.serviceId), other.revision);
  });

  test("createKey: refuses a name that a key in use has, whatever its case and spaces", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId } = await newSender(bench);
    const other = await newSender(bench);
    const create = (name: string, id = serviceId) => management.createKey(id, newKey(name), START);
    const first = await create("My key");
    assert.ok(first !== undefined && first !== "name-taken");
    assert.deepEqual(
      { ...first, id: undefined },
      { id: undefined, name: "My key", kind: "live", createdAt: START, revokedAt: undefined },
    );
    for (const name of ["My key", "my KEY", " mykey ", "my\u00a0key"]) {
      assert.equal(await create(name), "name-taken", name);
    }
    assert.ok(await create("My key", other.serviceId) !== "name-taken");
    assert.equal(await create("My key", UNKNOWN_ID), undefined);
    await management.revokeKey(serviceId, first.id, START);
    assert.notEqual(await create("my key"), "name-taken", "a revoked key's name is free");
  });

  test("concurrent createKey: one of several with one name succeeds", async () => {
    await using bench = await openBench(backend);
    const other = await bench.another();
    const { serviceId } = await newSender(bench);
    const created = await Promise.all(
      [bench, other, bench, other].map(({ management }) =>
        management.createKey(serviceId, newKey("Same"), START)
      ),
    );
    assert.equal(created.filter((key) => key === "name-taken").length, 3);
  });

  test("revokeKey: cannot be undone, and is idempotent", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, keyId } = await newSender(bench);
    const other = await newSender(bench);
    assert.equal((await management.revokeKey(serviceId, keyId, START + 1))?.revokedAt, START + 1);
    assert.equal((await management.revokeKey(serviceId, keyId, START + 2))?.revokedAt, START + 1);
    assert.equal(await management.revokeKey(other.serviceId, keyId, START), undefined);
    assert.equal(await management.revokeKey(UNKNOWN_ID, keyId, START), undefined);
    assert.deepEqual((await management.listKeys(serviceId)).map(({ revokedAt }) => revokedAt), [
      START + 1,
    ]);
    assert.deepEqual(await management.listKeys(UNKNOWN_ID), []);
  });

  test("setGuests: stores the guests encrypted, and getGuests returns them as typed", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId } = await newSender(bench);
    assert.deepEqual(await management.getGuests(serviceId), {
      emailAddresses: [],
      phoneNumbers: [],
    });
    const guests = {
      emailAddresses: ["Ada@Example.org ", "\ud800"],
      phoneNumbers: ["07700 900999"],
    };
    assert.equal(await management.setGuests(serviceId, guests, START), true);
    assert.deepEqual(await management.getGuests(serviceId), guests);
    assert.equal(await management.setGuests(UNKNOWN_ID, guests, START), false);
    assert.equal(await management.getGuests(UNKNOWN_ID), undefined);
    const services = (await dump(bench.db)).get("services")?.join() ?? "";
    assert.ok(!services.includes("900999") && !services.toLowerCase().includes("ada@"));
  });

  test("createTemplate: numbers a service's templates 1, 2, 3, concurrent ones too", async () => {
    await using bench = await openBench(backend);
    const { serviceId, templateId } = await newSender(bench);
    const other = await bench.another();
    const second = await newSender(bench);
    const created = await Promise.all(
      Array.from(
        { length: 12 },
        (_, i) =>
          (i % 2 ? bench : other).management.createTemplate(serviceId, newText(`T${i}`), START),
      ),
    );
    assert.deepEqual(
      created.map((template) => template?.number ?? 0).toSorted((a, b) => a - b),
      Array.from({ length: 12 }, (_, i) => i + 2),
    );
    await bench.management.archiveTemplate(serviceId, templateId, START);
    const last = await bench.management.createTemplate(serviceId, newText("Last"), START);
    assert.equal(last?.number, 14, "an archived template's number is not given again");
    const theirs = await bench.management.createTemplate(second.serviceId, newText("T"), START);
    assert.equal(theirs?.number, 2);
    assert.equal(
      await bench.management.createTemplate(UNKNOWN_ID, newText("T"), START),
      undefined,
    );
    await assert.rejects(
      bench.management.createTemplate(serviceId, { ...newText("T"), id: templateId }, START),
    );
  });

  test("updateTemplate: creates versions, and earlier ones stay as they were", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId } = await newSender(bench);
    const other = await newSender(bench);
    const email = {
      id: crypto.randomUUID() as TemplateId,
      channel: "email",
      name: "Letter",
      subject: "Hello ((name))",
      body: "# One",
    } as const;
    const first = await management.createTemplate(serviceId, email, START);
    assert.deepEqual(
      [first?.version, first?.createdAt, first?.updatedAt, first?.archived, first?.subject],
      [1, START, null, false, "Hello ((name))"],
    );
    assert.deepEqual(first?.parsed.placeholders, ["name"]);
    const change = { name: "Letter 2", subject: "Bye", body: "# Two" };
    const second = await management.updateTemplate(serviceId, email.id, change, START + 5);
    assert.deepEqual(
      [second?.version, second?.createdAt, second?.updatedAt, second?.number],
      [2, START, START + 5, first?.number],
    );
    assert.deepEqual([first?.syntax, second?.syntax], ["notify", "notify"]);
    assert.deepEqual(await management.getTemplate(serviceId, email.id, 1), first);
    assert.deepEqual(await management.getTemplate(serviceId, email.id, 2), second);
    assert.deepEqual(await management.getTemplate(serviceId, email.id), second);
    assert.equal(await management.getTemplate(serviceId, email.id, 3), undefined);
    assert.equal(await management.getTemplate(other.serviceId, email.id), undefined);
    const unknown = crypto.randomUUID() as typeof email.id;
    assert.deepEqual(
      await management.getTemplates(serviceId, [email.id, unknown, email.id]),
      [{ template: second, translations: {} }],
    );
    assert.deepEqual(await management.getTemplates(other.serviceId, [email.id]), []);
    assert.deepEqual(await management.getTemplates(serviceId, []), []);
    assert.equal(await management.updateTemplate(other.serviceId, email.id, change, 1), undefined);
    assert.equal(
      await management.updateTemplate(UNKNOWN_ID, email.id, change, 1),
      undefined,
    );
  });

  test("createTemplate, updateTemplate: write the syntax, and keep it when it is absent", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId } = await newSender(bench);
    const text = { ...newText("Text"), body: "((a)) ${b}", syntax: "freemarker" } as const;
    const first = await management.createTemplate(serviceId, text, START);
    assert.deepEqual([first?.syntax, first?.parsed.placeholders], ["freemarker", ["b"]]);
    const second = await management.updateTemplate(serviceId, text.id, { name: "N" }, START);
    assert.deepEqual([second?.syntax, second?.parsed.placeholders], ["freemarker", ["b"]]);
    const change = { syntax: "notify" } as const;
    const third = await management.updateTemplate(serviceId, text.id, change, START);
    assert.deepEqual([third?.syntax, third?.parsed.placeholders], ["notify", ["a"]]);
    assert.equal((await management.getTemplate(serviceId, text.id, 2))?.syntax, "freemarker");
  });

  test("updateTemplate: concurrent calls each create a version", async () => {
    await using bench = await openBench(backend);
    const { serviceId, templateId } = await newSender(bench);
    const other = await bench.another();
    const created = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        (i % 2 ? bench : other).management.updateTemplate(
          serviceId,
          templateId,
          { name: "T", subject: null, body: `body ${i}` },
          START,
        )),
    );
    assert.deepEqual(
      created.map((template) => template?.version).toSorted(),
      [2, 3, 4, 5, 6, 7, 8, 9],
    );
    for (const [i, version] of created.entries()) assert.equal(version?.body, `body ${i}`);
  });

  test("archiveTemplate: hides it from lists and from changes, not from reading", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, templateId } = await newSender(bench);
    const other = await newSender(bench);
    assert.equal(await management.archiveTemplate(other.serviceId, templateId, START), false);
    assert.equal(await management.archiveTemplate(serviceId, templateId, START), true);
    assert.deepEqual(await management.listTemplates(serviceId, undefined), []);
    assert.equal((await management.getTemplate(serviceId, templateId))?.archived, true);
    const [archived] = await management.getTemplates(serviceId, [templateId]);
    assert.equal(archived?.template.archived, true);
    assert.equal((await management.getTemplate(serviceId, templateId, 1))?.archived, true);
    const change = { name: "T", subject: null, body: "T" };
    assert.equal(await management.updateTemplate(serviceId, templateId, change, START), undefined);
    assert.equal((await management.getTemplate(serviceId, templateId))?.version, 1);
  });

  test("listTemplates: returns the newest versions by name, of one channel or of all", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, templateId } = await newSender(bench);
    const make = (name: string, channel: "sms" | "email") =>
      management.createTemplate(
        serviceId,
        { ...newText(name), channel, subject: channel === "email" ? "S" : null },
        START,
      );
    await make("B", "sms");
    await make("A", "sms");
    await make("A", "email");
    await management.updateTemplate(serviceId, templateId, newText("C"), START);
    const list = async (channel: "sms" | "email" | undefined) =>
      (await management.listTemplates(serviceId, channel)).map((t) => `${t.name} ${t.channel}`);
    assert.deepEqual(await list(undefined), ["A email", "A sms", "B sms", "C sms"]);
    assert.deepEqual(await list("email"), ["A email"]);
    assert.deepEqual(await management.listTemplates(UNKNOWN_ID, undefined), []);
  });

  test("names, texts: are returned unchanged", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId } = await newSender(bench);
    for (const hard of HARD_TEXTS) {
      const renamed = await management.updateService(serviceId, {
        name: hard,
        settings: { ...DEFAULT_SETTINGS, email_from_name: hard },
      }, START);
      assert.deepEqual([renamed?.name, renamed?.settings.email_from_name], [hard, hard]);
      const key = await management.createKey(serviceId, newKey(hard), START);
      assert.ok(key !== undefined && key !== "name-taken", JSON.stringify(hard));
      assert.equal(key.name, hard);
      const template = { ...newText(hard, hard), subject: hard };
      await management.createTemplate(serviceId, template, START);
      const stored = await management.getTemplate(serviceId, template.id);
      assert.deepEqual([stored?.name, stored?.subject, stored?.body], [hard, hard, hard]);
    }
  });
}
