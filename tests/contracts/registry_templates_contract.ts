import assert from "node:assert/strict";
import {
  openRegistryService,
  REGISTRY_SERVICE_NAME,
} from "../../adapters/libsql/services/registry_service.ts";
import { createRegistryTemplateStore } from "../../adapters/libsql/templates/registry_templates.ts";
import type { ServiceId, TemplateId } from "../../domain/ids.ts";
import type {
  RegistryTemplate,
  RegistryTemplateStore,
  RegistryTemplateWrite,
} from "../../domain/ports/registry_template_store.ts";
import type { TemplateChoice } from "../../domain/sending/send_request.ts";
import type { Translations } from "../../domain/template/template_record.ts";
import type { Backend } from "./backends.ts";
import { type Isolate, newSender, openBench } from "./isolate.ts";

const newId = () => crypto.randomUUID() as TemplateId;

/** A write of a new template by default. */
export function newWrite(plan: Partial<RegistryTemplateWrite> = {}): RegistryTemplateWrite {
  return {
    channel: "inbox",
    name: "hello",
    attributes: [{ name: "a", value: "1" }],
    version: {
      title: "Title",
      content: "Hello ${name}",
      shortText: null,
      syntax: "freemarker",
      external: undefined,
    },
    previous: undefined,
    newId: newId(),
    ...plan,
  };
}

const storeOf = ({ db, contexts }: Isolate) => createRegistryTemplateStore(db, contexts);

const foundOf = ({ template }: RegistryTemplate) => ({
  id: template.id,
  version: template.version,
});

async function saved(
  store: RegistryTemplateStore,
  serviceId: ServiceId,
  write: RegistryTemplateWrite,
  now = 1,
): Promise<RegistryTemplate> {
  const template = await store.save(serviceId, write, now);
  assert.ok(template);
  return template;
}

/** The contract of every store of the registries' templates. */
export function registryTemplatesContract(backend: Backend): void {
  const test = (name: string, run: (isolate: Isolate, serviceId: ServiceId) => Promise<void>) =>
    Deno.test(`RegistryTemplateStore (${backend.name}) ${name}`, async () => {
      await using bench = await openBench(backend);
      const { serviceId } = await newSender(bench);
      await run(bench, serviceId);
    });

  test(
    "save, find: return the saved template, with the id and number of a service's template",
    async (isolate, serviceId) => {
      const store = storeOf(isolate);
      const write = newWrite({
        channel: "diia",
        version: {
          title: "T",
          content: "Hello {name}",
          shortText: "For {name}",
          syntax: "freemarker",
          external: { id: "ext-1", publishedAt: 5 },
        },
      });
      const template = await saved(store, serviceId, write, 7);
      assert.deepEqual(await store.find(serviceId, "diia", "hello"), template);
      assert.deepEqual(template.attributes, write.attributes);
      const { id, number, version, externalId, externallyPublishedAt, createdAt, updatedAt } =
        template.template;
      assert.deepEqual(
        [id, number, version, externalId, externallyPublishedAt, createdAt, updatedAt],
        [write.newId, 2, 1, "ext-1", 5, 7, null],
      );
      assert.deepEqual(template.template.parsed.placeholders, ["name"]);
      assert.deepEqual(await isolate.management.getTemplate(serviceId, id), template.template);
      assert.equal(await store.find(serviceId, "inbox", "hello"), undefined);
      assert.equal(await store.find(serviceId, "diia", "Hello"), undefined);
    },
  );

  test(
    "save: creates a next version, and writes nothing when the template has changed since it was read",
    async (isolate, serviceId) => {
      const store = storeOf(isolate);
      const first = await saved(store, serviceId, newWrite(), 1);
      const next = newWrite({ previous: foundOf(first), attributes: [] });
      const second = await saved(store, serviceId, next, 2);
      assert.deepEqual(foundOf(second), { id: first.template.id, version: 2 });
      assert.deepEqual([second.template.updatedAt, second.attributes], [2, []]);
      const late = newWrite({
        previous: foundOf(first),
        attributes: [{ name: "late", value: "1" }],
      });
      assert.equal(await store.save(serviceId, late, 3), undefined);
      assert.equal(await store.save(serviceId, newWrite(), 3), undefined, "it is there");
      assert.deepEqual(await store.find(serviceId, "inbox", "hello"), second);
      const old = await isolate.management.getTemplate(serviceId, first.template.id, 1);
      assert.equal(old?.body, first.template.body);
    },
  );

  test("save: writes attributes alone without a version", async (isolate, serviceId) => {
    const store = storeOf(isolate);
    const first = await saved(store, serviceId, newWrite());
    const attributes = [{ name: "b\0", value: "\ud800" }];
    const write = newWrite({ previous: foundOf(first), version: undefined, attributes });
    const changed = await saved(store, serviceId, write, 9);
    assert.deepEqual(changed, { ...first, attributes });
  });

  test(
    "save: lets one of several concurrent saves of a new name succeed",
    async (isolate, serviceId) => {
      const store = storeOf(isolate);
      const saves = await Promise.all(
        Array.from({ length: 5 }, () => store.save(serviceId, newWrite(), 1)),
      );
      assert.equal(saves.filter((result) => result !== undefined).length, 1);
      assert.equal((await store.list(serviceId)).length, 1);
      const templates = await isolate.management.listTemplates(serviceId, undefined);
      assert.equal(templates.length, 2, "the sender's own, and this");
    },
  );

  test(
    "changes: every change raises the service's revision, so that cached contexts are refreshed",
    async (isolate, serviceId) => {
      const store = storeOf(isolate);
      const revision = async () => (await isolate.management.getService(serviceId))?.revision ?? 0;
      const before = await revision();
      const first = await saved(store, serviceId, newWrite());
      assert.ok(await revision() > before);
      const saveds = await revision();
      await store.remove(serviceId, first.template.id, 2);
      assert.ok(await revision() > saveds);
    },
  );

  test("save: raises no revision when it writes nothing", async (isolate, serviceId) => {
    const store = storeOf(isolate);
    const revision = async () => (await isolate.management.getService(serviceId))?.revision ?? 0;
    const first = await saved(store, serviceId, newWrite());
    await saved(store, serviceId, newWrite({ previous: foundOf(first) }));
    const before = await revision();
    for (
      const late of [
        newWrite(),
        newWrite({ previous: foundOf(first) }),
        newWrite({ previous: foundOf(first), version: undefined }),
      ]
    ) assert.equal(await store.save(serviceId, late, 3), undefined);
    assert.equal(await store.remove(serviceId, newId(), 3), false);
    assert.equal(await revision(), before);
  });

  test("list: orders by channel and name, each service separately", async (isolate, serviceId) => {
    const store = storeOf(isolate);
    const other = (await newSender(isolate)).serviceId;
    for (const [channel, name] of [["sms", "a"], ["inbox", "b"], ["inbox", "a"]] as const) {
      await saved(store, serviceId, newWrite({ channel, name }));
    }
    await saved(store, other, newWrite({ name: "others" }));
    const listed = (await store.list(serviceId)).map(({ channel, name }) => `${channel}:${name}`);
    assert.deepEqual(listed, ["inbox:a", "inbox:b", "sms:a"]);
    assert.equal(await store.find(other, "inbox", "a"), undefined);
    assert.deepEqual(await store.listByName(other, "a"), []);
  });

  test(
    "remove: archives a published template once, and frees its name",
    async (isolate, serviceId) => {
      const store = storeOf(isolate);
      const other = (await newSender(isolate)).serviceId;
      const { template: { id } } = await saved(store, serviceId, newWrite());
      assert.equal(await store.remove(other, id, 2), false);
      assert.equal(await store.remove(serviceId, newId(), 2), false);
      assert.equal(await store.remove(serviceId, id, 2), true);
      assert.equal(await store.remove(serviceId, id, 2), false);
      assert.equal(await store.find(serviceId, "inbox", "hello"), undefined);
      assert.equal((await isolate.management.getTemplate(serviceId, id))?.archived, true);
      const again = await saved(store, serviceId, newWrite());
      assert.notEqual(again.template.id, id);
    },
  );

  test(
    "remove, find: ignore a template that was archived elsewhere, and its name is free",
    async (isolate, serviceId) => {
      const store = storeOf(isolate);
      const { template: { id } } = await saved(store, serviceId, newWrite());
      await isolate.management.archiveTemplate(serviceId, id, 2);
      assert.equal(await store.find(serviceId, "inbox", "hello"), undefined);
      assert.deepEqual(await store.list(serviceId), []);
      assert.deepEqual(await store.listByName(serviceId, "hello"), []);
      const again = await saved(store, serviceId, newWrite());
      assert.notEqual(again.template.id, id);
      assert.equal((await store.list(serviceId)).length, 1);
    },
  );

  test(
    "listByName: returns the template of a name and its translations name-xx in every channel",
    async (isolate, serviceId) => {
      const store = storeOf(isolate);
      const kin = ["a", "a-en", "a-uk", "a-crh"];
      const others = [
        "a-",
        "a-new",
        "a-zz",
        "a-e",
        "a-EN",
        "a-engl",
        "a-en-x",
        "a.en",
        "ab",
        "a-1a",
        "b-en",
        "A",
        "a-en ",
      ];
      for (const name of [...kin, ...others]) await saved(store, serviceId, newWrite({ name }));
      await saved(store, serviceId, newWrite({ channel: "email", name: "a" }));
      await saved(store, serviceId, newWrite({ name: "ї%_'-en" }));
      const variants = (await store.listByName(serviceId, "a"))
        .map(({ channel, language, template }) => [channel, language, template.name].join(" "));
      assert.deepEqual(variants.toSorted(), [
        "email  a",
        "inbox  a",
        "inbox crh a-crh",
        "inbox en a-en",
        "inbox uk a-uk",
      ]);
      assert.equal((await store.listByName(serviceId, "ї%_'"))[0]?.language, "en");
      assert.equal((await store.listByName(serviceId, "a-en"))[0]?.language, null);
      assert.deepEqual(await store.listByName(serviceId, "nothing"), []);
    },
  );

  test(
    "load, getTemplates: return inbox templates with their translations",
    async (isolate, serviceId) => {
      const { contexts, management } = isolate;
      const store = storeOf(isolate);
      const ids = new Map<string, TemplateId>();
      for (const name of ["a", "a-en", "a-crh", "a-zz", "a-e", "a-enen", "ab-en", "b", "a-en-uk"]) {
        ids.set(name, (await saved(store, serviceId, newWrite({ name }))).template.id);
      }
      for (const name of ["mail", "mail-en"]) {
        const { template } = await saved(store, serviceId, newWrite({ channel: "email", name }));
        ids.set(name, template.id);
      }
      const idOf = (name: string) => ids.get(name) ?? newId();
      const describeTranslations = (translations: Translations) =>
        Object.entries(translations).map(([tag, { name }]) => `${tag} ${name}`).toSorted();
      const load = async (template: TemplateChoice, fresh = false) => {
        const context = await contexts.load(serviceId, { fresh, template });
        return [
          context?.fresh,
          context?.template?.name,
          ...describeTranslations(context?.translations ?? {}),
        ];
      };
      const by = { by: "id", id: idOf("a") } as const;
      const own = ["a", "crh a-crh", "en a-en"];
      assert.deepEqual(await load(by), [true, ...own]);
      assert.deepEqual(await load(by), [false, ...own], "they are cached with it");
      assert.deepEqual(await load({ by: "name", channel: "inbox", name: "a" }), [true, ...own]);
      const number = (await contexts.load(serviceId, { fresh: false, template: by }))?.template;
      assert.deepEqual(await load({ by: "number", number: number?.number ?? 0 }), [true, ...own]);
      const none = { by: "id", id: idOf("b") } as const;
      assert.deepEqual(await load(none), [true, "b"]);
      assert.deepEqual(await load({ by: "id", id: idOf("a-en") }), [true, "a-en", "uk a-en-uk"]);
      assert.deepEqual(await load({ by: "id", id: idOf("mail") }), [true, "mail"]);
      assert.deepEqual(await load({ by: "id", id: newId() }), [true, undefined]);
      assert.deepEqual((await contexts.load(serviceId, { fresh: true }))?.translations, {});

      const requestedIds = ["a", "b", "a-en", "mail", "a"].map(idOf);
      const templates = await management.getTemplates(serviceId, requestedIds);
      assert.deepEqual(
        templates.map(({ template, translations }) =>
          [template.name, ...describeTranslations(translations)].join(", ")
        )
          .toSorted(),
        ["a, crh a-crh, en a-en", "a-en, uk a-en-uk", "b", "mail"],
      );

      // A change of a translation invalidates the cached template.
      const changed = await saved(store, serviceId, newWrite({ name: "b-uk" }));
      assert.deepEqual(await load(none), [true, "b", "uk b-uk"]);
      await saved(store, serviceId, newWrite({ name: "b-uk", previous: foundOf(changed) }));
      const context = await contexts.load(serviceId, { fresh: false, template: none });
      assert.equal(context?.translations["uk"]?.version, 2);
      await management.archiveTemplate(serviceId, changed.template.id, 1);
      assert.deepEqual(await load(none), [true, "b"]);
      const other = await newSender(isolate);
      assert.deepEqual(await management.getTemplates(other.serviceId, requestedIds), []);
    },
  );

  Deno.test(`openRegistryService (${backend.name}): creates one service for concurrent starts, and finds it again`, async () => {
    await using bench = await openBench(backend);
    const open = ({ db, management }: Isolate, named?: ServiceId) =>
      openRegistryService({ db, management, newId, now: 1 }, named);
    const other = await bench.another();
    const ids = await Promise.all([open(bench), open(other), open(bench), open(other)]);
    assert.equal(new Set(ids).size, 1);
    const [id] = ids;
    assert.ok(id);
    const service = await bench.management.getService(id);
    assert.deepEqual([service?.name, service?.mode], [REGISTRY_SERVICE_NAME, "live"]);
    assert.equal(service?.settings.country, "UA");
    assert.equal(await open(await bench.another()), id);
    const { serviceId } = await newSender(bench);
    assert.equal(await open(bench, serviceId), serviceId);
    const named = crypto.randomUUID() as ServiceId;
    assert.equal(await open(bench, named), named);
    assert.ok(await bench.management.getService(named));
    assert.equal(await open(bench), id, "a named one does not take its place");
  });
}
