/** Names of services, keys, templates, tokens, jobs and people: one rule in every API. */
import assert from "node:assert/strict";
import { INVISIBLE_IN_NAME } from "../../domain/service/one_line_name.ts";
import { startTestApplication } from "../support/application.ts";
import { registerPerson } from "../support/web_client.ts";
import { bodyOf } from "./support.ts";

const INVISIBLE = ["a\u202eb", "a\u2066b\u2069", "a\u200bb", "\u200fab"];

Deno.test("/manage: refuses invisible characters and blanks in names, and says so at the field", async () => {
  await using hark = await startTestApplication();
  const { id } = await hark.newService();
  const service = `/manage/services/${id}`;
  const { id: templateId } = await bodyOf(
    await hark.manage("POST", `${service}/templates`, { channel: "sms", name: "T", body: "B" }),
    201,
  );
  const calls = (name: string) =>
    [
      ["POST", "/manage/services", { name }],
      ["PATCH", service, { name }],
      ["POST", `${service}/keys`, { name, kind: "test" }],
      ["POST", `${service}/templates`, { channel: "sms", name, body: "B" }],
      ["PUT", `${service}/templates/${templateId}`, { name }],
      ["POST", "/manage/tokens", { name }],
    ] as const;
  const cases = [
    ...INVISIBLE.map((name) => [name, INVISIBLE_IN_NAME] as const),
    ...["  ", "\u00a0\u200b"].map((name) => [name, "must not be empty"] as const),
  ];
  for (const [name, message] of cases) {
    for (const [method, path, body] of calls(name)) {
      const { errors } = await bodyOf(await hark.manage(method, path, body), 400, path);
      assert.deepEqual(errors, [{ field: "name", message }], `${method} ${path}`);
    }
  }
  for (const [method, path, body] of calls("👩\u200d🚒 ضريبة")) {
    const answer = await hark.manage(method, path, body);
    assert.ok(answer.ok, `${method} ${path}: ${await answer.text()}`);
  }
});

Deno.test("POST /account/name: refuses invisible characters at the field, and keeps the name", async () => {
  await using hark = await startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });
  const client = await registerPerson(hark);
  for (const name of INVISIBLE) {
    const page = await client.post("/account/name", { name });
    assert.equal(page.status, 422);
    assert.match(page.text, /href="#name">Your name has invisible characters/);
  }
  assert.match((await client.get("/account")).text, /Ann Clerk/);
});
