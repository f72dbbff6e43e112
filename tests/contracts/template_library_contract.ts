import assert from "node:assert/strict";
import type { NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { FolderId, ServiceId, TemplateId } from "../../domain/ids.ts";
import type { TemplateListQuery } from "../../domain/ports/template_library.ts";
import { createRegistryTemplateStore } from "../../adapters/libsql/templates/registry_templates.ts";
import { createStatisticsRetention } from "../../adapters/libsql/statistics/statistics_retention.ts";
import { HOURLY_DAYS } from "../../domain/statistics/statistics.ts";
import { HOUR_MS } from "../../domain/time/durations.ts";
import { MAX_SEARCHED_BODY, MAX_TEMPLATE_FOLDERS } from "../../domain/template/template_folders.ts";
import type { Backend } from "./backends.ts";
import { accepted, type Bench, DAY_MS, newSender, openBench, START } from "./isolate.ts";
import { newWrite } from "./registry_templates_contract.ts";

const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";

function folder(name: string) {
  return { id: crypto.randomUUID() as FolderId, name };
}

/** Creates a text, and returns its id. */
async function newText(
  { management }: Bench,
  serviceId: ServiceId,
  fields: Readonly<Record<string, string>> = {},
): Promise<TemplateId> {
  const id = crypto.randomUUID() as TemplateId;
  const content = { id, channel: "sms", name: "Text", subject: null, body: "Hi" } as const;
  await management.createTemplate(serviceId, { ...content, ...fields }, START);
  return id;
}

const entryOf = (chain: ServiceId, actor: NewAuditEntry["actor"]): NewAuditEntry => ({
  chain,
  actor,
  action: "template-changed",
});

/** The contract of `TemplateLibrary`: folders, lists and histories of templates. */
export function templateLibraryContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`TemplateLibrary: ${name} (${backend.name})`, run);

  test("folders are listed by name with the number of their templates", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, templateId } = await newSender(bench);
    const [first, second] = [folder("reminders"), folder("Letters")];
    assert.deepEqual(await management.createFolder(serviceId, first, START), {
      ...first,
      templates: 0,
    });
    await management.createFolder(serviceId, second, START);
    const again = await management.createFolder(serviceId, first, START);
    assert.deepEqual(again, { ...first, templates: 0 });
    assert.equal(
      await management.createFolder(serviceId, folder(" LETTERS"), START),
      "name-taken",
    );
    assert.deepEqual(
      await management.moveTemplates(serviceId, [templateId], first.id, START),
      [templateId],
    );
    assert.deepEqual(await management.listFolders(serviceId), [
      { ...second, templates: 0 },
      { ...first, templates: 1 },
    ]);
    await management.archiveTemplate(serviceId, templateId, START);
    assert.deepEqual((await management.listFolders(serviceId)).map((one) => one.templates), [0, 0]);
    const unknown = UNKNOWN_ID as ServiceId;
    assert.equal(await management.createFolder(unknown, folder("x"), START), undefined);
    assert.deepEqual(await management.listFolders(unknown), []);
  });

  test("renameFolder, deleteFolder: keep the templates, and names apart", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, templateId } = await newSender(bench);
    const [first, second] = [folder("A"), folder("B")];
    for (const one of [first, second]) await management.createFolder(serviceId, one, START);
    await management.moveTemplates(serviceId, [templateId], first.id, START);
    const rename = (id: FolderId, name: string) =>
      management.renameFolder(serviceId, { id, name }, START);
    assert.equal(await rename(second.id, "a"), "name-taken");
    assert.deepEqual(await rename(second.id, "b"), { id: second.id, name: "b", templates: 0 });
    assert.equal(await rename(UNKNOWN_ID as FolderId, "x"), undefined);
    assert.equal(await management.deleteFolder(serviceId, first.id, START), true);
    assert.equal(await management.deleteFolder(serviceId, first.id, START), false);
    assert.equal((await management.getTemplate(serviceId, templateId))?.folderId, null);
  });

  test("createFolder: refuses a folder more than a service may have", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId } = await newSender(bench);
    for (let i = 0; i < MAX_TEMPLATE_FOLDERS; i++) {
      assert.ok(
        typeof await management.createFolder(serviceId, folder(`F${i}`), START) === "object",
      );
    }
    assert.equal(await management.createFolder(serviceId, folder("more"), START), "full");
  });

  test("moveTemplates, archiveTemplates: change all of the service's templates that exist", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const [{ serviceId, templateId }, other] = [await newSender(bench), await newSender(bench)];
    const second = await newText(bench, serviceId);
    const ids = [templateId, second, other.templateId, UNKNOWN_ID as TemplateId];
    const into = folder("A");
    await management.createFolder(serviceId, into, START);
    const moved = await management.moveTemplates(serviceId, ids, into.id, START);
    assert.deepEqual(new Set(moved), new Set([templateId, second]));
    const unknown = UNKNOWN_ID as FolderId;
    assert.equal(await management.moveTemplates(serviceId, ids, unknown, START), undefined);
    assert.equal((await management.getTemplate(serviceId, second))?.folderId, into.id);
    await management.moveTemplates(serviceId, [second], null, START);
    assert.equal((await management.getTemplate(serviceId, second))?.folderId, null);
    const archived = await management.archiveTemplates(serviceId, ids, START);
    assert.deepEqual(new Set(archived), new Set([templateId, second]));
    const { archived: isArchived } =
      await management.getTemplate(other.serviceId, other.templateId) ?? {};
    assert.equal(isArchived, false);
    assert.equal(await management.restoreTemplate(serviceId, second, START), true);
    assert.equal(await management.restoreTemplate(serviceId, second, START), true);
    assert.equal((await management.getTemplate(serviceId, second))?.archived, false);
    assert.equal(
      await management.restoreTemplate(serviceId, UNKNOWN_ID as TemplateId, START),
      false,
    );
  });

  test("changes of folders and templates have one entry each, and none without a change", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, templateId } = await newSender(bench);
    const entry = entryOf(serviceId, { kind: "admin-token" });
    const into = folder("A");
    for (let twice = 0; twice < 2; twice++) {
      await management.createFolder(serviceId, into, START, entry);
      await management.moveTemplates(serviceId, [templateId], into.id, START, entry);
      await management.archiveTemplates(serviceId, [templateId], START, entry);
    }
    for (let twice = 0; twice < 2; twice++) {
      await management.restoreTemplate(serviceId, templateId, START, entry);
      await management.deleteFolder(serviceId, into.id, START, entry);
    }
    const [row] = (await bench.db.read(["SELECT count(*) AS n FROM audit_log"]))[0]?.rows ?? [];
    assert.equal(row?.["n"], 5);
  });

  test("updateTemplateFrom: writes nothing when the template has a newer version", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, templateId } = await newSender(bench);
    const entry = entryOf(serviceId, { kind: "system" });
    const save = (basedOn: number, body: string) =>
      management.updateTemplateFrom(serviceId, templateId, basedOn, { body }, START, entry);
    const results = await Promise.all([save(1, "mine"), save(1, "theirs")]);
    assert.equal(results.filter((result) => result === "outdated").length, 1);
    const newest = await management.getTemplate(serviceId, templateId);
    assert.equal(newest?.version, 2);
    assert.equal(await save(1, "late"), "outdated");
    assert.equal(await save(3, "early"), "outdated");
    const third = await save(2, "third");
    assert.ok(typeof third === "object" && third.version === 3);
    await management.archiveTemplate(serviceId, templateId, START);
    assert.equal(await save(3, "archived"), undefined);
    assert.equal((await management.listVersions(serviceId, templateId, ALL)).length, 3);
  });

  test("listVersions, openTemplate: say who wrote each version, newest first", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, templateId } = await newSender(bench);
    const token = { kind: "management-token", id: crypto.randomUUID() } as const;
    const change = { body: "B", senderId: null };
    await management.updateTemplate(
      serviceId,
      templateId,
      change,
      START + 1,
      entryOf(serviceId, token),
    );
    await management.updateTemplate(serviceId, templateId, { name: "N" }, START + 2);
    const versions = await management.listVersions(serviceId, templateId, ALL);
    assert.deepEqual(versions.map((one) => [one.version, one.at, one.author]), [
      [3, START + 2, undefined],
      [2, START + 1, token],
      [1, START, undefined],
    ]);
    const page = { olderThan: 3, limit: 1 };
    assert.deepEqual(
      (await management.listVersions(serviceId, templateId, page)).map(({ version }) => version),
      [2],
    );
    const versionsOf = async (version: number) =>
      (await management.openTemplate(serviceId, templateId, { version }))?.versions ?? [];
    const contents = await versionsOf(2);
    assert.deepEqual(contents.map(({ version, body }) => [version, body === "B"]), [
      [2, true],
      [1, false],
    ]);
    assert.equal((await versionsOf(1)).length, 1);
    assert.deepEqual(await versionsOf(9), []);
    assert.deepEqual(
      await management.listVersions(UNKNOWN_ID as ServiceId, templateId, ALL),
      [],
    );
  });

  test("listTemplatePage: pages by name in both directions, each template once", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, templateId } = await newSender(bench);
    await management.archiveTemplate(serviceId, templateId, START);
    for (const name of ["b", "A", "c", "B", "a", "d"]) await newText(bench, serviceId, { name });
    const list = async (query: Partial<TemplateListQuery>) =>
      (await management.listTemplatePage(serviceId, { isArchived: false, limit: 2, ...query }))
        .templates;
    const all = await list({ limit: 99 });
    assert.deepEqual(all.map(({ name }) => name.toLowerCase()), ["a", "a", "b", "b", "c", "d"]);
    const forwards = [];
    for (let page = await list({}); page.length > 0;) {
      forwards.push(...page);
      page = await list({ after: page.at(-1)?.id });
    }
    assert.deepEqual(forwards, all);
    assert.deepEqual(await list({ before: all[4]?.id }), all.slice(2, 4));
    assert.deepEqual(await list({ after: UNKNOWN_ID as TemplateId }), []);
    const archived = await list({ isArchived: true });
    assert.deepEqual(archived.map(({ id, isArchived }) => [id, isArchived]), [[templateId, true]]);
  });

  test("listTemplatePage: finds by folder, channel, and text in name, subject or body", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const { serviceId, templateId } = await newSender(bench);
    await management.archiveTemplate(serviceId, templateId, START);
    const far = `${"x".repeat(MAX_SEARCHED_BODY - 4)}edge`;
    const ids = {
      sms: await newText(bench, serviceId, { name: "Нагадування", body: "100% ((date))_" }),
      mail: await newText(bench, serviceId, {
        channel: "email",
        name: "Letter",
        subject: "Your \\ tax",
        body: far,
      }),
      beyond: await newText(bench, serviceId, { name: "Long", body: `x${far}` }),
    };
    const into = folder("A");
    await management.createFolder(serviceId, into, START);
    await management.moveTemplates(serviceId, [ids.mail], into.id, START);
    const find = async (query: Partial<TemplateListQuery>) => {
      const found = await management.listTemplatePage(serviceId, {
        isArchived: false,
        limit: 9,
        ...query,
      });
      return found.templates.map(({ id }) => id);
    };
    assert.deepEqual(await find({ folderId: into.id }), [ids.mail]);
    assert.deepEqual(await find({ folderId: null }), [ids.beyond, ids.sms]);
    assert.deepEqual(await find({ channel: "email" }), [ids.mail]);
    for (const search of ["нагадування", "НАГАДУВАННЯ", "Нагадування", "((DATE", "0%", ")_"]) {
      assert.deepEqual(await find({ search }), [ids.sms], search);
    }
    for (const search of ["LETTER", "your \\", "edge"]) {
      assert.deepEqual(await find({ search }), [ids.mail], search);
    }
    for (const search of ["1%0", "_)", "\0nothing", "\ud800"]) {
      assert.deepEqual(await find({ search }), [], search);
    }
  });

  test("listTemplatePage: says when a template was last used, and which a registry published", async () => {
    await using bench = await openBench(backend);
    const { management } = bench;
    const sender = await newSender(bench);
    const list = async () =>
      await management.listTemplatePage(sender.serviceId, { isArchived: false, limit: 9 });
    const lastUsed = async () =>
      (await list()).templates.find(({ id }) => id === sender.templateId)?.lastUsedAt;
    assert.equal(await lastUsed(), undefined);
    await accepted(bench, sender);
    assert.equal(await lastUsed(), START);
    const today = START / DAY_MS | 0;
    const use = async (from: number, to: number) => {
      const also = { days: { from, to } };
      return (await management.openTemplate(sender.serviceId, sender.templateId, also))?.use;
    };
    const one = { day: today, requested: 1, delivered: 0, failed: 0 };
    assert.deepEqual(await use(today - 1, today + 1), [one]);
    assert.deepEqual([await use(today - 9, today - 1), await use(today + 1, today + 9)], [[], []]);
    bench.time.now = START + 30 * HOUR_MS;
    await accepted(bench, sender, { keyKind: "team" });
    bench.time.now += HOUR_MS;
    await accepted(bench, sender);
    bench.time.now += DAY_MS;
    await accepted(bench, sender, { keyKind: "test" });
    const other = await newText(bench, sender.serviceId);
    await accepted(bench, { ...sender, templateId: other, revision: sender.revision + 1 });
    const later = Math.floor((START + 30 * HOUR_MS) / DAY_MS);
    const two = { day: later, requested: 2, delivered: 0, failed: 0 };
    const retention = createStatisticsRetention(bench.db);
    const lastDay = Math.floor(bench.time.now / DAY_MS);
    const lastHour = Math.floor(bench.time.now / HOUR_MS) * HOUR_MS;
    // Counts of hours, then the first day of hours that are added up, then all.
    for (
      const [purgedAt, last] of [
        [0, lastHour],
        [today + 1 + HOURLY_DAYS, lastHour],
        [lastDay + 1 + HOURLY_DAYS, lastDay * DAY_MS],
      ] as const
    ) {
      while (await retention.purge(purgedAt * DAY_MS, 9) > 0);
      assert.deepEqual(await use(today, lastDay), [one, two]);
      assert.deepEqual([await use(today, today), await use(later, later)], [[one], [two]]);
      assert.equal(await lastUsed(), last);
    }
    const registry = createRegistryTemplateStore(bench.db, bench.contexts);
    for (const name of ["order", "order-en", "order-uk", "order-form"]) {
      await registry.save(sender.serviceId, newWrite({ name }), START);
    }
    const languages = new Map(
      (await list()).templates.map(({ name, registry }) => [name, registry?.languages]),
    );
    assert.deepEqual(languages.get("order"), ["en", "uk"]);
    assert.deepEqual(languages.get("order-en"), []);
    assert.deepEqual((await list()).hasAny, true);
    const opened = await Promise.all(
      (await list()).templates.map(({ id }) => management.openTemplate(sender.serviceId, id)),
    );
    assert.deepEqual(
      new Map(opened.map((one) => [one?.template.name, one?.isOfRegistry])).get("order"),
      true,
    );
    const own = await management.openTemplate(sender.serviceId, sender.templateId);
    assert.deepEqual([own?.isOfRegistry, own?.senders, own?.use, own?.versions], [
      false,
      [],
      [],
      [],
    ]);
    const unknown = UNKNOWN_ID as TemplateId;
    assert.equal(await management.openTemplate(sender.serviceId, unknown), undefined);
  });
}

const ALL = { olderThan: undefined, limit: 99 };
