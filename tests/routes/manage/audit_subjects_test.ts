import assert from "node:assert/strict";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf } from "../support.ts";

Deno.test("/manage/services: the audit log has each change by a management token once, and no refused one", async () => {
  await using hark = await startTestApplication();
  const newToken = await hark.manage("POST", "/manage/tokens", { name: "Program" });
  const token = await bodyOf(newToken, 201);
  let path = "/manage/services";
  const call = (method: string, below: string, body?: unknown) =>
    hark.request(`${path}${below}`, {
      method,
      headers: { authorization: `Bearer ${token.token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const { id } = await bodyOf(await call("POST", "", { name: "Library" }), 201);
  path = `${path}/${id}`;
  await bodyOf(await call("PATCH", "", { name: "Libraries" }), 200);
  const key = await bodyOf(await call("POST", "/keys", { name: "k", kind: "team" }), 201);
  await bodyOf(await call("POST", "/keys", { name: "k", kind: "team" }), 409);
  await bodyOf(await call("DELETE", `/keys/${key.id}`), 200);
  const guests = { email_addresses: [], phone_numbers: [] };
  await bodyOf(await call("PUT", "/guests", guests), 200);
  const draft = { channel: "sms", name: "Text", body: "Hello" };
  const template = await bodyOf(await call("POST", "/templates", draft), 201);
  await bodyOf(await call("POST", "/templates/preview", { channel: "sms", body: "Hello" }), 200);
  await bodyOf(await call("PUT", `/templates/${template.id}`, { body: "Bye" }), 200);
  const { entries } = await bodyOf(await hark.manage("GET", `${path}/audit`), 200);
  interface Entry {
    readonly actor: { readonly kind: string; readonly id?: string };
    readonly action: string;
    readonly subject: string | null;
  }
  const byToken = ["management-token", token.id];
  assert.deepEqual(
    entries.map(({ actor, action, subject }: Entry) => [
      actor.kind,
      actor.id ?? null,
      action,
      subject,
    ]),
    [
      [...byToken, "template-changed", template.id],
      [...byToken, "template-created", template.id],
      [...byToken, "guests-changed", null],
      [...byToken, "key-revoked", key.id],
      [...byToken, "key-created", key.id],
      [...byToken, "service-changed", null],
      [...byToken, "service-created", null],
    ],
  );
});
