import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { bodyOf, NO_ID, UUID } from "../support.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Each kind of sender with two valid values and invalid ones. */
const KINDS = [
  {
    path: "email_reply_to",
    field: "email_address",
    values: ["help@example.org", "desk@example.org"],
    wrong: [
      "",
      "x",
      "a@b",
      "a@example.org, b@example.org",
      "a@example.org\r\nBcc: b@c.de",
      7,
      null,
    ],
  },
  {
    path: "sms_senders",
    field: "sms_sender",
    values: ["LIBRARY", "+447700900456"],
    wrong: ["", "ab", "abcdefghijkl", "Двір", "a\r\nb", "....", 7, null],
  },
] as const;

async function add(hark: TestApplication, address: string, body: unknown) {
  return await bodyOf(await hark.manage("POST", address, body), 201);
}

for (const { path, field, values: [first, second], wrong } of KINDS) {
  Deno.test(`/manage …/${path}: adds, lists, changes and deletes`, async () => {
    await using hark = await startTestApplication();
    const { id } = await hark.newService();
    const address = `/manage/services/${id}/${path}`;
    const created = await add(hark, address, { [field]: first });
    const { id: oneId, created_at, updated_at, ...rest } = created;
    assert.deepEqual(rest, { [field]: first, is_default: false });
    assert.match(oneId, UUID);
    assert.match(created_at, TIME);
    assert.equal(updated_at, created_at);
    const two = await add(hark, address, { [field]: second, is_default: true });
    const list = async () => (await bodyOf(await hark.manage("GET", address), 200))[path];
    assert.deepEqual(
      (await list()).map((each: { id: string }) => each.id).sort(),
      [
        oneId,
        two.id,
      ].sort(),
    );

    const change = { is_default: true };
    const changed = await bodyOf(await hark.manage("PATCH", `${address}/${oneId}`, change), 200);
    assert.deepEqual([changed[field], changed.is_default], [first, true]);
    const defaults = (await list()).filter((each: { is_default: boolean }) => each.is_default);
    assert.deepEqual(defaults, [changed], "one is the default");

    const conflict = await hark.manage("PATCH", `${address}/${oneId}`, { [field]: second });
    assert.deepEqual((await bodyOf(conflict, 409)).errors[0].field, field);
    assert.equal((await hark.manage("POST", address, { [field]: first })).status, 409);
    assert.equal((await hark.manage("DELETE", `${address}/${oneId}`)).status, 204);
    assert.equal((await hark.manage("DELETE", `${address}/${oneId}`)).status, 404);
    assert.deepEqual((await list()).map((each: { id: string }) => each.id), [two.id]);
  });

  Deno.test(`/manage …/${path}: 400 with the names of invalid fields`, async () => {
    await using hark = await startTestApplication();
    const { id } = await hark.newService();
    const address = `/manage/services/${id}/${path}`;
    const { id: created } = await add(hark, address, { [field]: first });
    const fieldsOf = async (method: string, at: string, body: unknown) => {
      const { errors } = await bodyOf(
        await hark.manage(method, at, body),
        400,
        JSON.stringify(body),
      );
      return errors.map((error: { field: string }) => error.field);
    };
    for (const value of wrong) {
      assert.deepEqual(await fieldsOf("POST", address, { [field]: value }), [field]);
      assert.deepEqual(await fieldsOf("PATCH", `${address}/${created}`, { [field]: value }), [
        field,
      ]);
    }
    assert.deepEqual(await fieldsOf("POST", address, {}), [field]);
    const odd = { [field]: first, is_default: "yes", id: NO_ID };
    assert.deepEqual((await fieldsOf("POST", address, odd)).sort(), ["id", "is_default"]);
    const { [path]: left } = await bodyOf(await hark.manage("GET", address), 200);
    assert.equal(left.length, 1);
  });

  Deno.test(`/manage …/${path}: finds only the service's own senders of that kind`, async () => {
    await using hark = await startTestApplication();
    const [mine, theirs] = [await hark.newService(), await hark.newService()];
    const address = `/manage/services/${mine.id}/${path}`;
    const strange = await add(hark, `/manage/services/${theirs.id}/${path}`, { [field]: first });
    const other = KINDS.find((kind) => kind.path !== path);
    assert.ok(other);
    const otherKind = await add(hark, `/manage/services/${mine.id}/${other.path}`, {
      [other.field]: other.values[0],
    });
    for (const id of [strange.id, otherKind.id, NO_ID, "x"]) {
      for (const [method, body] of [["PATCH", {}], ["DELETE", undefined]] as const) {
        const answer = await hark.manage(method, `${address}/${id}`, body);
        assert.match((await bodyOf(answer, 404)).detail, /^The service has no such /);
      }
    }
    const { [path]: left } = await bodyOf(
      await hark.manage("GET", `/manage/services/${theirs.id}/${path}`),
      200,
    );
    assert.equal(left.length, 1);
  });

  Deno.test(`POST /manage …/${path}: 409 for the 101st`, async () => {
    await using hark = await startTestApplication();
    const { id } = await hark.newService();
    const address = `/manage/services/${id}/${path}`;
    const valueOf = (at: number) =>
      field === "email_address" ? `a${at}@example.org` : `Sender ${at}`;
    for (let at = 0; at < 100; at++) await add(hark, address, { [field]: valueOf(at) });
    const more = await bodyOf(await hark.manage("POST", address, { [field]: valueOf(100) }), 409);
    assert.match(more.detail, /100/);
  });
}
