import assert from "node:assert/strict";
import { idBytes, uuid } from "../../adapters/libsql/connection/row.ts";
import { SignJWT, UnsecuredJWT } from "jose";
import {
  MAX_CACHED_SERVICES,
  MAX_CACHED_TEMPLATES,
} from "../../adapters/libsql/services/contexts.ts";
import type { KeyId, ServiceId, TemplateId } from "../../domain/ids.ts";
import type { Backend } from "./backends.ts";
import { newSender, openBench } from "./isolate.ts";

const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";

function issueToken(secret: string, alg = "HS256"): Promise<string> {
  return new SignJWT({ iat: 1 }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
}

/** The contract of {@link SendingContexts}. */
export function contextsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`SendingContexts ${name} (${backend.name})`, run);

  test("load: returns undefined for an unknown service, and does not cache that", async () => {
    await using bench = await openBench(backend);
    const id = crypto.randomUUID() as ServiceId;
    assert.equal(await bench.contexts.load(id, { fresh: false }), undefined);
    assert.equal(await bench.contexts.load(id, { fresh: true }), undefined);
    assert.equal(await bench.contexts.findSigner(id, await issueToken("x"), []), undefined);
    await assert.rejects(bench.contexts.currentDataKey(id), /no service/);
  });

  test("load: reads once and caches, unless fresh is set", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const other = await bench.another();
    const first = await other.contexts.load(sender.serviceId, { fresh: false });
    const second = await other.contexts.load(sender.serviceId, { fresh: false });
    const third = await other.contexts.load(sender.serviceId, { fresh: true });
    assert.deepEqual([first?.fresh, second?.fresh, third?.fresh], [true, false, true]);
    assert.equal(second?.service.revision, sender.revision);
    assert.deepEqual(second?.keys.map(({ id }) => id), [sender.keyId]);
  });

  test("load: returns the cached context after a change elsewhere until fresh is set", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const other = await bench.another();
    await other.contexts.load(sender.serviceId, { fresh: false });
    await bench.management.revokeKey(sender.serviceId, sender.keyId, bench.time.now);
    const old = await other.contexts.load(sender.serviceId, { fresh: false });
    const now = await other.contexts.load(sender.serviceId, { fresh: true });
    assert.equal(old?.keys[0]?.revokedAt, undefined);
    assert.equal(now?.keys[0]?.revokedAt, bench.time.now);
    assert.equal(now?.service.revision, sender.revision + 1);
    const here = await bench.contexts.load(sender.serviceId, { fresh: false });
    assert.equal(here?.fresh, true, "a change is known at once where it was made");
  });

  test("load: returns a template by id and by number, archived ones too", async () => {
    await using bench = await openBench(backend);
    const { serviceId, templateId } = await newSender(bench);
    const byId = { by: "id", id: templateId } as const;
    const byNumber = { by: "number", number: 1 } as const;
    for (const template of [byId, byNumber]) {
      const { contexts } = await bench.another();
      const context = await contexts.load(serviceId, { fresh: false, template });
      assert.equal(context?.template?.id, templateId);
      assert.equal(context?.fresh, true);
      const again = await contexts.load(serviceId, { fresh: false, template });
      assert.equal(again?.template?.body, "Hello ((name))");
      assert.equal(again?.fresh, false);
    }
    const content = { name: "Overdue", subject: null, body: "Second" };
    await bench.management.updateTemplate(serviceId, templateId, content, bench.time.now);
    const second = await bench.contexts.load(serviceId, { fresh: false, template: byNumber });
    assert.deepEqual([second?.template?.version, second?.template?.body], [2, "Second"]);
    await bench.management.archiveTemplate(serviceId, templateId, bench.time.now);
    const archived = await bench.contexts.load(serviceId, { fresh: false, template: byId });
    assert.equal(archived?.template?.archived, true);
  });

  test("load: reads the newest templates with a service that is not cached, until it changes", async () => {
    await using bench = await openBench(backend);
    const { serviceId, templateId } = await newSender(bench);
    const { contexts, management } = await bench.another();
    await contexts.load(serviceId, { fresh: false });
    for (const template of [{ by: "id", id: templateId }, { by: "number", number: 1 }] as const) {
      const context = await contexts.load(serviceId, { fresh: false, template });
      assert.deepEqual([context?.template?.id, context?.fresh], [templateId, false]);
    }
    const content = { name: "Overdue", subject: null, body: "Second" };
    await management.updateTemplate(serviceId, templateId, content, bench.time.now);
    const template = { by: "id", id: templateId } as const;
    const changed = await contexts.load(serviceId, { fresh: false, template });
    assert.equal(changed?.template?.body, "Second");
  });

  test("load: returns no template that belongs to another service or does not exist", async () => {
    await using bench = await openBench(backend);
    const [one, two] = [await newSender(bench), await newSender(bench)];
    for (
      const template of [
        { by: "id", id: two.templateId },
        { by: "id", id: UNKNOWN_ID as TemplateId },
        { by: "number", number: 2 },
        { by: "number", number: 0.5 },
      ] as const
    ) {
      const context = await bench.contexts.load(one.serviceId, { fresh: false, template });
      assert.equal(context?.template, undefined);
      assert.equal(context?.fresh, true);
    }
  });

  test("load: returns the guests as they were set", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const guests = { emailAddresses: ["Ada@example.org"], phoneNumbers: ["07700 900123"] };
    await bench.management.setGuests(serviceId, guests, bench.time.now);
    const context = await bench.contexts.load(serviceId, { fresh: false });
    assert.deepEqual(context?.guests, guests);
  });

  test("findSigner: returns the first key whose secret signed the token", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const second = crypto.randomUUID() as KeyId;
    await bench.management.createKey(
      sender.serviceId,
      { id: second, name: "Second", kind: "test", secret: "second secret" },
      bench.time.now + 1,
    );
    const context = await bench.contexts.load(sender.serviceId, { fresh: true });
    const keys = context?.keys ?? [];
    const find = async (token: string) =>
      (await bench.contexts.findSigner(sender.serviceId, token, keys))?.id;
    assert.equal(await find(await issueToken(sender.secret)), sender.keyId);
    assert.equal(await find(await issueToken("second secret")), second);
    assert.equal(await find(await issueToken("another secret")), undefined);
    const token = await issueToken(sender.secret);
    assert.equal(
      await bench.contexts.findSigner(sender.serviceId, token, keys.slice(1)),
      undefined,
      "only the keys that are given are tried",
    );
  });

  test("findSigner: accepts HS256 only", async () => {
    await using bench = await openBench(backend);
    const { serviceId, secret } = await newSender(bench);
    const keys = (await bench.contexts.load(serviceId, { fresh: true }))?.keys ?? [];
    const long = secret.repeat(3);
    const good = await issueToken(secret);
    const tampered = [
      good.split(".")[0],
      btoa('{"iat":2}').replaceAll("=", ""),
      good.split(".")[2],
    ];
    for (
      const token of [
        new UnsecuredJWT({}).encode(),
        await issueToken(long, "HS384"),
        await issueToken(long, "HS512"),
        tampered.join("."),
        `${good.slice(0, good.lastIndexOf("."))}.`,
        good.slice(0, -2),
        "",
        "..",
        "a.b.c",
      ]
    ) {
      assert.equal(await bench.contexts.findSigner(serviceId, token, keys), undefined, token);
    }
    assert.ok(await bench.contexts.findSigner(serviceId, good, keys));
  });

  test("findSigner: knows the keys of a loaded context after it was evicted or changed", async () => {
    await using bench = await openBench(backend);
    const { serviceId, secret, keyId } = await newSender(bench);
    const keys = (await bench.contexts.load(serviceId, { fresh: true }))?.keys ?? [];
    const token = await issueToken(secret);
    bench.contexts.forget(serviceId);
    assert.equal((await bench.contexts.findSigner(serviceId, token, keys))?.id, keyId);
    await bench.management.revokeKey(serviceId, keyId, bench.time.now);
    await bench.contexts.load(serviceId, { fresh: true });
    const signer = await bench.contexts.findSigner(serviceId, token, keys);
    assert.equal(signer?.revokedAt, undefined);
  });

  test("findSigner finds a revoked key too: the caller decides whether it may be used", async () => {
    await using bench = await openBench(backend);
    const { serviceId, secret, keyId } = await newSender(bench);
    await bench.management.revokeKey(serviceId, keyId, bench.time.now);
    const keys = (await bench.contexts.load(serviceId, { fresh: true }))?.keys ?? [];
    const signer = await bench.contexts.findSigner(serviceId, await issueToken(secret), keys);
    assert.equal(signer?.revokedAt, bench.time.now);
  });

  test("forget: makes the next load read", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    await bench.contexts.load(serviceId, { fresh: false });
    bench.contexts.forget(serviceId);
    assert.equal((await bench.contexts.load(serviceId, { fresh: false }))?.fresh, true);
  });

  test("load: returns the defaults of settings that were added after the service was created", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    await bench.db.write([{
      sql: "UPDATE services SET settings = json_remove(settings, '$.sms_prefix') WHERE id = ?",
      args: [idBytes(serviceId)],
    }]);
    const context = await bench.contexts.load(serviceId, { fresh: true });
    assert.equal(context?.service.settings.sms_prefix, true);
  });
}

/** The size limits of the cache. Slow and independent of the database, so they run on one backend only. */
export function contextsMemoryContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`SendingContexts ${name} (${backend.name})`, run);

  test("load: evicts the template that was cached first", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const other = await bench.another();
    const template = async (number: number) =>
      (await other.contexts.load(serviceId, { fresh: false, template: { by: "number", number } }))
        ?.fresh;
    // Copies the services in one statement; the test counts only how many the cache keeps.
    const copies = `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)`;
    await bench.db.write([
      {
        sql: `INSERT INTO templates (service_id, id, number, channel, version, created_at)
          ${copies} SELECT service_id, unhex(printf('%032x', i)), i, channel, version, created_at
          FROM templates, n WHERE service_id = ? AND number = 1`,
        args: [MAX_CACHED_TEMPLATES + 1, idBytes(serviceId)],
      },
      {
        sql: `INSERT INTO template_versions
            (service_id, template_id, version, name, subject, body, created_at)
          SELECT t.service_id, t.id, 1, v.name, v.subject, v.body, v.created_at
          FROM templates AS t JOIN template_versions AS v ON v.service_id = t.service_id
          WHERE t.service_id = ? AND t.number > 1`,
        args: [idBytes(serviceId)],
      },
    ]);
    for (let number = 1; number <= MAX_CACHED_TEMPLATES + 1; number++) await template(number);
    assert.equal(await template(MAX_CACHED_TEMPLATES + 1), false);
    assert.equal(await template(2), false);
    assert.equal(await template(1), true);
  });

  test("load: evicts the service that was cached first", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const other = await bench.another();
    const copies = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)`;
    await bench.db.write([{
      sql: `INSERT INTO services (id, name, mode, active, revision, settings, data_key_id, guests,
          created_at, updated_at) ${copies} SELECT unhex(printf('%032x', i)), name, mode, active, revision,
          settings, data_key_id, guests, created_at, updated_at FROM services, n WHERE id = ?`,
      args: [MAX_CACHED_SERVICES, idBytes(serviceId)],
    }]);
    // Their data keys are bound to their own services, so each has one of its own.
    const { rows = [] } = (await bench.db.read(["SELECT id FROM services"]))[0] ?? {};
    const keys = await Promise.all(
      rows.map(async (row) => {
        const id = uuid(row, "id");
        return { id, key: await bench.encryption.newDataKey(id) };
      }),
    );
    await bench.db.write(keys.flatMap(({ id, key }) => [{
      sql: `INSERT INTO data_keys (service_id, id, master_key_id, wrapped, created_at)
        VALUES (?, ?, ?, ?, 0)`,
      args: [idBytes(id), idBytes(key.id), key.masterKeyId, key.wrapped],
    }, {
      sql: "UPDATE services SET data_key_id = ? WHERE id = ?",
      args: [idBytes(key.id), idBytes(id)],
    }]));
    const load = async (id: string) =>
      (await other.contexts.load(id as ServiceId, { fresh: false }))?.fresh;
    const copyId = (i: number) => `00000000-0000-0000-0000-${i.toString(16).padStart(12, "0")}`;
    await load(serviceId);
    for (let i = 1; i < MAX_CACHED_SERVICES; i++) await load(copyId(i));
    assert.equal(await load(serviceId), false);
    await load(copyId(MAX_CACHED_SERVICES));
    assert.equal(await load(copyId(1)), false);
    assert.equal(await load(serviceId), true);
  });
}
