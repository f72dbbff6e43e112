import assert from "node:assert/strict";
import { MAX_SEARCHED } from "../../../routes/manage/notifications.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf, EMAIL, emailTo, newServiceWithTemplates, NO_ID, SMS, textTo } from "../support.ts";

const listAt = (serviceId: string) => `/manage/services/${serviceId}/notifications`;
const idsOf = (notifications: readonly { id: string }[]) => notifications.map(({ id }) => id);

Deno.test("POST …/notifications/search: finds a recipient's notifications, and answers like the list", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const send = async (path: string, body: object) =>
    (await bodyOf(await hark.as(service.keys.live, "POST", path, body), 201)).id;
  const first = await send(SMS, textTo(service, { reference: "r 1" }));
  const second = await send(SMS, textTo(service, { reference: "r 2" }));
  const mail = await send(EMAIL, emailTo(service));
  await bodyOf(await hark.as(other.keys.live, "POST", SMS, textTo(other)), 201);
  await hark.settle();
  const path = listAt(service.id);
  const cases: readonly (readonly [object, readonly string[]])[] = [
    [{ to: "07700900123" }, [second, first]],
    [{ to: "+44 7700 900 123" }, [second, first]],
    [{ to: "ANN@example.com" }, [mail]],
    [{ to: "07700900123", reference: "r 1" }, [first]],
    [{ to: "07700900123", reference: "r" }, []],
    [{ to: "07700900123", older_than: second }, [first]],
    [{ to: "07700900123", older_than: first }, []],
    [{ to: "07700900123", older_than: NO_ID }, []],
    [{ to: "07700900124" }, []],
    [{ to: "bob@example.com" }, []],
    [{ to: "" }, []],
    [{ to: "\0" }, []],
    [{ to: "x".repeat(MAX_SEARCHED) }, []],
  ];
  for (const [body, ids] of cases) {
    const label = JSON.stringify(body).slice(0, 100);
    const found = await bodyOf(await hark.manage("POST", `${path}/search`, body), 200, label);
    assert.deepEqual(idsOf(found.notifications), ids, label);
    assert.deepEqual(found.links, {}, label);
  }
  const listed = await hark.manage("GET", `${path}?to=07700900123`);
  const found = await hark.manage("POST", `${path}/search`, { to: "07700900123" });
  assert.equal(found.headers.get("Deprecation"), null);
  assert.equal(found.headers.get("Cache-Control"), "no-store");
  assert.deepEqual(await bodyOf(found, 200), await bodyOf(listed, 200));
});

Deno.test("POST …/notifications/search: refuses a body or a query that is not valid", async () => {
  await using hark = await startTestApplication();
  const service = await hark.newService();
  const path = `${listAt(service.id)}/search`;
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [{}, ["to"]],
    [{ to: null }, ["to"]],
    [{ to: 7700900123 }, ["to"]],
    [{ to: ["07700900123"] }, ["to"]],
    [{ to: "x".repeat(MAX_SEARCHED + 1) }, ["to"]],
    [{ to: "a", reference: null }, ["reference"]],
    [{ to: "a", reference: "x".repeat(MAX_SEARCHED + 1) }, ["reference"]],
    [{ to: "a", older_than: "x" }, ["older_than"]],
    [{ to: "a", older_than: null }, ["older_than"]],
    [{ to: "a", older_than: [NO_ID] }, ["older_than"]],
    [{ to: "a", status: "created" }, ["status"]],
    [[], [""]],
    ["null", [""]],
  ];
  for (const [body, fields] of cases) {
    const label = JSON.stringify(body).slice(0, 100);
    const answer = await hark.manage("POST", path, body);
    const { errors } = await bodyOf(answer, 400, label);
    assert.deepEqual(errors.map(({ field }: { field: string }) => field), fields, label);
  }
  const notJson = await bodyOf(await hark.manage("POST", path, "{"), 400);
  assert.equal(notJson.detail, "The body is not JSON");
  const wrong = await hark.manage("POST", `${path}?older_than=x`, { to: "a" });
  assert.equal((await bodyOf(wrong, 400)).detail, "older_than must be a notification's id");
  const nowhere = await hark.manage("POST", `${listAt(NO_ID)}/search`, { to: "a" });
  assert.equal((await bodyOf(nowhere, 404)).detail, "There is no such service");
  const stranger = await hark.request(path, { method: "POST", body: `{"to":"a"}` });
  assert.equal(stranger.status, 401);
  await stranger.body?.cancel();
});

Deno.test("POST …/notifications/search: 250 a page; `links.next` takes the same body", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const sent = await Promise.all(
    Array.from({ length: 251 }, async () => {
      const answer = await hark.as(service.keys.test, "POST", SMS, textTo(service));
      return (await bodyOf(answer, 201)).id;
    }),
  );
  const ids = sent.sort().reverse();
  const path = `${listAt(service.id)}/search`;
  for (const body of [{ to: "07700900123" }, { to: "07700900123", older_than: undefined }]) {
    const first = await bodyOf(await hark.manage("POST", path, body), 200);
    assert.deepEqual(idsOf(first.notifications), ids.slice(0, 250));
    assert.equal(first.links.next, `${path}?older_than=${ids[249]}`);
    const second = await bodyOf(await hark.manage("POST", first.links.next, body), 200);
    assert.deepEqual(idsOf(second.notifications), ids.slice(250));
    assert.deepEqual(second.links, {});
  }
  // The address of a page prevails over the body that the search began with.
  const begun = { to: "07700900123", older_than: ids[0] };
  const next = await hark.manage("POST", `${path}?older_than=${ids[249]}`, begun);
  assert.deepEqual(idsOf((await bodyOf(next, 200)).notifications), ids.slice(250));
});

Deno.test("GET …/notifications?to=…: is deprecated and names its successor", async () => {
  await using hark = await startTestApplication();
  const service = await hark.newService();
  const path = listAt(service.id);
  const deprecated = await hark.manage("GET", `${path}?to=07700900123`);
  // A structured date (RFC 9745, RFC 9651): 29 November 2026.
  assert.equal(deprecated.headers.get("Deprecation"), "@1795910400");
  assert.equal(deprecated.headers.get("Link"), `<${path}/search>; rel="successor-version"`);
  await bodyOf(deprecated, 200);
  const list = await hark.manage("GET", path);
  assert.equal(list.headers.get("Deprecation"), null);
  assert.equal(list.headers.get("Link"), null);
  await bodyOf(list, 200);
});
