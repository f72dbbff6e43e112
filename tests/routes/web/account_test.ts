import assert from "node:assert/strict";
import { startTestApplication } from "../../support/application.ts";
import { openClient, registerPerson } from "../../support/web_client.ts";

const start = () => startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });

Deno.test("POST /account/recovery-codes: the form sent again says that codes were created, and offers new ones", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = "/account/recovery-codes";
  const form = await client.get(path);
  const [, id = ""] = /name="id" value="([^"]+)"/.exec(form.text) ?? [];
  const codesIn = (text: string) => text.match(/\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b/g) ?? [];
  const created = await client.post(path, { id });
  assert.equal(codesIn(created.text).length, 10);
  const again = await client.post(path, { id });
  assert.match(again.text, /These recovery codes were created before/);
  assert.deepEqual(codesIn(again.text), []);
  const [, next = ""] = /name="id" value="([^"]+)"/.exec(again.text) ?? [];
  const replaced = await client.post(path, { id: next });
  assert.equal(codesIn(replaced.text).length, 10);
  assert.equal((await client.post(path, { id: "not an id" })).status, 403);
});

Deno.test("/account: times of sessions say that they are in UTC", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  assert.match(
    (await client.get("/account")).text,
    /Signed in [^<]*\d\d:\d\d UTC · last used [^<]*UTC/,
  );
  client.cookies.set("hark_language", "uk");
  assert.match((await client.get("/account")).text, /Вхід [^<]*\d\d:\d\d UTC/);
  assert.equal((await openClient(hark).get("/account")).status, 303);
});
