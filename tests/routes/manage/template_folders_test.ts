import assert from "node:assert/strict";
import { MAX_CHOSEN_TEMPLATES } from "../../../domain/template/template_folders.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf, newServiceWithTemplates, NO_ID, SMS, textTo, UUID } from "../support.ts";

const SERVICES = "/manage/services";

Deno.test("…/template_folders: a folder is created, renamed and deleted, and its templates stay", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `${SERVICES}/${service.id}`;
  const folders = `${path}/template_folders`;
  const made = await bodyOf(await hark.manage("POST", folders, { name: " Letters " }), 201);
  assert.match(made.id, UUID);
  assert.deepEqual(made, { id: made.id, name: "Letters", templates: 0 });
  const id = crypto.randomUUID();
  for (let twice = 0; twice < 2; twice++) {
    const own = await bodyOf(await hark.manage("POST", folders, { id, name: "Own" }), 201);
    assert.equal(own.id, id);
  }
  const taken = await bodyOf(await hark.manage("POST", folders, { name: "LETTERS" }), 409);
  assert.deepEqual(taken.errors, [{ field: "name", message: "is taken" }]);
  const move = { template_ids: [service.sms, service.email, NO_ID], folder_id: made.id };
  const moved = await bodyOf(await hark.manage("POST", `${path}/templates/move`, move), 200);
  assert.deepEqual(new Set(moved.template_ids), new Set([service.sms, service.email]));
  const template = await bodyOf(await hark.manage("GET", `${path}/templates/${service.sms}`), 200);
  assert.deepEqual([template.folder_id, template.version], [made.id, 1]);
  const renamed = await bodyOf(
    await hark.manage("PATCH", `${folders}/${made.id}`, { name: "Mail" }),
    200,
  );
  assert.deepEqual(renamed, { id: made.id, name: "Mail", templates: 2 });
  assert.equal((await hark.manage("DELETE", `${folders}/${made.id}`)).status, 204);
  await bodyOf(await hark.manage("DELETE", `${folders}/${made.id}`), 404);
  await bodyOf(await hark.manage("PATCH", `${folders}/${made.id}`, { name: "x" }), 404);
  await bodyOf(await hark.manage("POST", `${path}/templates/move`, move), 404);
  const list = await bodyOf(await hark.manage("GET", folders), 200);
  assert.deepEqual(list, { folders: [{ id, name: "Own", templates: 0 }] });
  const after = await bodyOf(await hark.manage("GET", `${path}/templates/${service.sms}`), 200);
  assert.equal(after.folder_id, null);
});

Deno.test("POST …/templates: puts a template into a folder; 400 for one that the service does not have", async () => {
  await using hark = await startTestApplication();
  const [{ id }, other] = [await hark.newService(), await hark.newService()];
  const folderOf = async (serviceId: string) =>
    (await bodyOf(
      await hark.manage("POST", `${SERVICES}/${serviceId}/template_folders`, { name: "A" }),
      201,
    )).id;
  const [own, foreign] = [await folderOf(id), await folderOf(other.id)];
  const text = { channel: "sms", name: "Text", body: "Hi" };
  const create = (folder_id: unknown) =>
    hark.manage("POST", `${SERVICES}/${id}/templates`, { ...text, folder_id });
  assert.equal((await bodyOf(await create(own), 201)).folder_id, own);
  for (const unknown of [foreign, NO_ID, "x"]) {
    const { errors } = await bodyOf(await create(unknown), 400);
    assert.deepEqual(errors.map(({ field }: { field: string }) => field), ["folder_id"]);
  }
});

Deno.test("POST …/templates/archive, …/restore: at most a hundred templates at once", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `${SERVICES}/${service.id}/templates`;
  const archive = (template_ids: readonly string[]) =>
    hark.manage("POST", `${path}/archive`, { template_ids });
  const others = Array.from({ length: MAX_CHOSEN_TEMPLATES }, () => crypto.randomUUID());
  for (const ids of [[], [...others, service.sms], ["x"]]) {
    const { errors } = await bodyOf(await archive(ids), 400);
    assert.match(errors[0].field, /^template_ids/);
  }
  const archived = await bodyOf(await archive([...others.slice(1), service.sms]), 200);
  assert.deepEqual(archived, { template_ids: [service.sms] });
  const send = async () => (await hark.as(service.keys.live, "POST", SMS, textTo(service))).status;
  assert.equal(await send(), 400);
  const restored = await bodyOf(await hark.manage("POST", `${path}/${service.sms}/restore`), 200);
  assert.equal(restored.archived, false);
  assert.equal(await send(), 201);
  await bodyOf(await hark.manage("POST", `${path}/${NO_ID}/restore`), 404);
});

Deno.test("…/templates/{id}/versions: lists who wrote each version, shows one, and saves one anew", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `${SERVICES}/${service.id}/templates/${service.sms}`;
  await bodyOf(await hark.manage("PUT", path, { body: "Bye ((name))" }), 200);
  const { versions } = await bodyOf(await hark.manage("GET", `${path}/versions`), 200);
  assert.deepEqual(
    versions.map((one: { version: number; author: unknown }) => [one.version, one.author]),
    [[2, { kind: "admin-token" }], [1, { kind: "admin-token" }]],
  );
  const page = await bodyOf(await hark.manage("GET", `${path}/versions?older_than=2`), 200);
  assert.deepEqual(page.versions.map(({ version }: { version: number }) => version), [1]);
  await bodyOf(await hark.manage("GET", `${path}/versions?older_than=x`), 400);
  const first = await bodyOf(await hark.manage("GET", `${path}/versions/1`), 200);
  assert.deepEqual([first.version, first.body], [1, "Hi ((name))"]);
  const restored = await bodyOf(await hark.manage("POST", `${path}/versions/1/restore`), 200);
  assert.deepEqual([restored.version, restored.body], [3, "Hi ((name))"]);
  for (const version of ["9", "0", "x", "1.5"]) {
    await bodyOf(await hark.manage("GET", `${path}/versions/${version}`), 404);
    await bodyOf(await hark.manage("POST", `${path}/versions/${version}/restore`), 404);
  }
  assert.equal((await hark.manage("DELETE", path)).status, 204);
  await bodyOf(await hark.manage("POST", `${path}/versions/1/restore`), 409);
});

Deno.test("PUT …/templates/{id}: 409 when the template has a newer version than the change was made from", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `${SERVICES}/${service.id}/templates/${service.sms}`;
  const put = (based_on_version: unknown, body: string) =>
    hark.manage("PUT", path, { based_on_version, body });
  assert.equal((await bodyOf(await put(1, "mine"), 200)).version, 2);
  const late = await bodyOf(await put(1, "theirs"), 409);
  assert.deepEqual(late.errors, [{ field: "based_on_version", message: "is not the newest" }]);
  for (const version of [0, "1", 1.5, null]) await bodyOf(await put(version, "x"), 400);
  assert.equal((await bodyOf(await hark.manage("GET", path), 200)).body, "mine");
});

Deno.test("…/templates: a template's own sender is used when a request names none", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `${SERVICES}/${service.id}`;
  const senderOf = async (sms_sender: string) =>
    (await bodyOf(await hark.manage("POST", `${path}/sms_senders`, { sms_sender }), 201)).id;
  const [standard, own] = [await senderOf("STANDARD"), await senderOf("OWN")];
  const template = `${path}/templates/${service.sms}`;
  const saved = await bodyOf(await hark.manage("PUT", template, { sender_id: own }), 200);
  assert.deepEqual([saved.sender_id, saved.version], [own, 2]);
  const from = async (fields: Readonly<Record<string, unknown>> = {}) =>
    (await bodyOf(
      await hark.as(service.keys.live, "POST", SMS, textTo(service, fields)),
      201,
    )).content.from_number;
  assert.equal(await from(), "OWN");
  assert.equal(await from({ sms_sender_id: standard }), "STANDARD");
  const reply = { email_address: "a@example.com" };
  const mail = (await bodyOf(await hark.manage("POST", `${path}/email_reply_to`, reply), 201)).id;
  for (const sender_id of [mail, NO_ID, "x"]) {
    const { errors } = await bodyOf(await hark.manage("PUT", template, { sender_id }), 400);
    assert.deepEqual(errors.map(({ field }: { field: string }) => field), ["sender_id"]);
  }
  assert.equal((await hark.manage("DELETE", `${path}/sms_senders/${own}`)).status, 204);
  assert.notEqual(await from(), "OWN");
  const none = await bodyOf(await hark.manage("PUT", template, { sender_id: null }), 200);
  assert.equal(none.sender_id, null);
});
