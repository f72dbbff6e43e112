/** Services and templates with ids of the caller's, as a team that moves here has them. */
import assert from "node:assert/strict";
import { OWN_SERVICE_ID } from "../../../domain/accounts/own_messages.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf } from "../support.ts";

const SERVICES = "/manage/services";
const ID = "6b5b346e-eebd-4d67-9572-9e90a548ba6b";
const TEMPLATE = { channel: "sms", name: "Text", body: "Hello" };

Deno.test("POST /manage/services: takes an id of the caller's in any spelling; 409 for one that is taken or Hark's own", async () => {
  await using hark = await startTestApplication();
  const create = (id: unknown) => hark.manage("POST", SERVICES, { name: "Library", id });
  const created = await bodyOf(await create(ID.toUpperCase()), 201);
  assert.equal(created.id, ID);
  assert.equal((await bodyOf(await hark.manage("GET", `${SERVICES}/${ID}`), 200)).name, "Library");
  const nil = "00000000-0000-0000-0000-000000000000";
  for (const id of [ID, ID.replaceAll("-", ""), OWN_SERVICE_ID, nil]) {
    const refused = await bodyOf(await create(id), 409, id);
    assert.deepEqual(refused.errors, [{ field: "id", message: "is taken" }]);
  }
  for (const id of ["x", "", 7, null]) {
    const { errors } = await bodyOf(await create(id), 400);
    assert.deepEqual(errors.map(({ field }: { field: string }) => field), ["id"]);
  }
  const atOnce = await Promise.all(
    Array.from({ length: 5 }, () => create("0d3f6a55-3ef0-4f6f-a0cf-8f6c3c1b7c11")),
  );
  const statuses = await Promise.all(atOnce.map(async (answer) => {
    await answer.body?.cancel();
    return answer.status;
  }));
  assert.deepEqual(statuses.sort(), [201, 409, 409, 409, 409]);
  const changed = await hark.manage("PATCH", `${SERVICES}/${ID}`, { id: ID });
  await bodyOf(changed, 400);
});

Deno.test("POST …/templates: takes an id of the caller's, which sends; 409 for one that the service has", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [await hark.newService(), await hark.newService()];
  const create = (serviceId: string, id: unknown) =>
    hark.manage("POST", `${SERVICES}/${serviceId}/templates`, { ...TEMPLATE, id });
  assert.equal((await bodyOf(await create(service.id, ID), 201)).id, ID);
  const text = { template_id: ID, phone_number: "07700900123" };
  await bodyOf(await hark.as(service.keys.live, "POST", "/v2/notifications/sms", text), 201);
  const refused = await bodyOf(await create(service.id, ID), 409);
  assert.deepEqual(refused.errors, [{ field: "id", message: "is taken" }]);
  await hark.manage("DELETE", `${SERVICES}/${service.id}/templates/${ID}`);
  await bodyOf(await create(service.id, ID), 409, "an archived one keeps its id");
  await bodyOf(await create(other.id, ID), 201);
  await bodyOf(await create(service.id, "x"), 400);
});
