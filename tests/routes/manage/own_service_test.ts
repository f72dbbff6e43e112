import assert from "node:assert/strict";
import { openOwnService } from "../../../application/accounts/own_service.ts";
import { OWN_SERVICE_ID, ownTemplates } from "../../../domain/accounts/own_messages.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf } from "../support.ts";
import { createOwnService } from "./own_service_support.ts";
import { test } from "../../support/runner.ts";

const idsOf = ({ services }: { readonly services: readonly { readonly id: string }[] }) =>
  services.map(({ id }) => id);

Deno.test("GET /manage/services: lists Hark's own service with include=own only", async () => {
  await using hark = await startTestApplication({ alone: true });
  const { id } = await hark.newService();
  await createOwnService(hark);
  const list = async (query = "") =>
    idsOf(await bodyOf(await hark.manage("GET", `/manage/services${query}`), 200));
  assert.deepEqual(await list(), [id]);
  assert.deepEqual(new Set(await list("?include=own")), new Set([id, OWN_SERVICE_ID]));
  await bodyOf(await hark.manage("GET", "/manage/services?include=all"), 400);
});

test.inside("openOwnService: writes the templates once, and what differs from this version", async () => {
  await using hark = await startTestApplication();
  const { length } = ownTemplates();
  assert.equal(await openOwnService(hark.management, 1), length);
  assert.equal(await openOwnService(hark.management, 2), 0);
  const [template] = ownTemplates();
  assert.ok(template);
  await hark.management.updateTemplate(OWN_SERVICE_ID, template.id, { body: "Other" }, 3);
  assert.equal(await openOwnService(hark.management, 4), 1);
  const { template: stored } =
    (await hark.management.getTemplates(OWN_SERVICE_ID, [template.id]))[0] ?? {};
  assert.equal(stored?.body, template.body);
});

test.inside("openOwnService: restores a template that was archived, with the text of this version", async () => {
  await using hark = await startTestApplication();
  await openOwnService(hark.management, 1);
  const [same, changed] = ownTemplates();
  assert.ok(same !== undefined && changed !== undefined);
  await hark.management.updateTemplate(OWN_SERVICE_ID, changed.id, { body: "Other" }, 2);
  for (const { id } of [same, changed]) {
    await hark.management.archiveTemplate(OWN_SERVICE_ID, id, 3);
  }
  assert.equal(await openOwnService(hark.management, 4), 2);
  for (const { id, body } of [same, changed]) {
    const stored = await hark.management.getTemplate(OWN_SERVICE_ID, id);
    assert.deepEqual([stored?.archived, stored?.body], [false, body]);
  }
  assert.equal(await openOwnService(hark.management, 5), 0);
});

Deno.test("POST /manage/services/{id}/keys: 404 for Hark's own service, so that no API shows its codes", async () => {
  await using hark = await startTestApplication();
  await createOwnService(hark);
  const path = `/manage/services/${OWN_SERVICE_ID}/keys`;
  await bodyOf(await hark.manage("POST", path, { name: "x", kind: "live" }), 404);
  assert.deepEqual((await bodyOf(await hark.manage("GET", path), 200)).keys, []);
});

test.inside("openOwnService: several processes may call it at once", async () => {
  await using hark = await startTestApplication();
  await Promise.all([1, 2, 3].map(() => openOwnService(hark.management, 1)));
  assert.equal((await hark.management.listTemplates(OWN_SERVICE_ID, undefined)).length, 26);
});

Deno.test("/manage/services/{id}: refuses changes that would end or redirect the messages of Hark's own service", async () => {
  await using hark = await startTestApplication();
  await createOwnService(hark);
  const path = `/manage/services/${OWN_SERVICE_ID}`;
  const [template] = ownTemplates();
  const draft = { channel: "sms", name: "x", body: "x" };
  for (
    const [method, address, body] of [
      ["POST", `${path}/templates`, draft],
      ["PUT", `${path}/templates/${template?.id}`, { body: "x" }],
      ["DELETE", `${path}/templates/${template?.id}`, undefined],
      [
        "DELETE",
        `${path.toUpperCase().replace("/MANAGE/SERVICES", "/manage/services")}/templates/x`,
      ],
      ["PUT", `${path}/callbacks/delivery`, { url: "https://hooks.example/" }],
      ["PATCH", path, { active: false }],
      ["PATCH", path, { mode: "trial" }],
    ] as const
  ) {
    await bodyOf(await hark.manage(method, address, body), 403, `${method} ${address}`);
  }
  const { templates } = await bodyOf(await hark.manage("GET", `${path}/templates`), 200);
  assert.equal(templates.length, ownTemplates().length);
  const changed = await hark.manage("PATCH", path, { sms_sender: "Office" });
  assert.equal((await bodyOf(changed, 200)).sms_sender, "Office");
});

Deno.test("POST /manage/tokens: makes no token of Hark's own service", async () => {
  await using hark = await startTestApplication();
  await createOwnService(hark);
  const body = { name: "x", service_id: OWN_SERVICE_ID };
  const { errors } = await bodyOf(await hark.manage("POST", "/manage/tokens", body), 400);
  assert.deepEqual(errors, [{ field: "service_id", message: "there is no such service" }]);
});

Deno.test("POST /manage/services: refuses a name of invisible marks only", async () => {
  await using hark = await startTestApplication();
  for (const name of ["\u200b\u2060", " \u00ad "]) {
    const { errors } = await bodyOf(await hark.manage("POST", "/manage/services", { name }), 400);
    assert.deepEqual(errors, [{ field: "name", message: "must not be empty" }]);
  }
  await bodyOf(await hark.manage("POST", "/manage/services", { name: "😀" }), 201);
});
