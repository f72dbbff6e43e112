import assert from "node:assert/strict";
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../support/migrated.ts";
import { startTestApplication } from "../support/application.ts";
import { ROLE } from "./registry/support.ts";
import { bodyOf, NO_ID } from "./support.ts";
import { test } from "../support/runner.ts";

const SECRET = "cannot write to ann.smith@example.com";

test.inside("onError: each API answers an unexpected error in its own shape, and the log has no message", async () => {
  const opened = await openDatabase({ url: ":memory:" });
  await migrateEmpty(opened, Date.now());
  let isBroken = false;
  const breakable = ({ read, write }: Pick<Database, "read" | "write">) => {
    const wrap = <T extends typeof read>(call: T) => (statements: Parameters<T>[0]) =>
      isBroken ? Promise.reject(new TypeError(SECRET)) : call(statements);
    return { read: wrap(read), write: wrap(write) };
  };
  const db: Database = {
    ...opened,
    ...breakable(opened),
    readPoint: breakable({ ...opened, read: opened.readPoint }).read,
    readLong: breakable({ ...opened, read: opened.readLong }).read,
    background: { ...opened.background, ...breakable(opened.background) },
  };
  await using hark = await startTestApplication({ db, registry: true });
  const { id, keys: { live } } = await hark.newService();
  const citizen = hark.citizen("citizen-1");
  const publisher = hark.citizen("publisher", { roles: [ROLE] });
  assert.equal((await citizen("GET", "/api/notifications/inbox")).status, 200);
  isBroken = true;
  const first = (await hark.log()).length;

  const cases: readonly (readonly [string, () => Promise<Response>, unknown])[] = [
    ["/v2", () => hark.as(live, "GET", `/v2/notifications/${NO_ID}`), {
      status_code: 500,
      errors: [{ error: "InternalServerError", message: "Internal server error" }],
    }],
    ["2016", () => hark.as(live, "GET", `/notifications/${NO_ID}`), {
      result: "error",
      message: "Internal server error",
    }],
    ["/manage", () => hark.manage("GET", `/manage/services/${id}`), {
      type: "about:blank",
      title: "Internal server error",
      status: 500,
      detail: "Internal server error; the log has the error under the request's id",
    }],
    ["inbox", () => citizen("GET", "/api/notifications/inbox"), {
      code: "500 INTERNAL_SERVER_ERROR",
      message: "Internal server error",
      details: null,
    }],
    ["templates", () => publisher("GET", "/api/notifications/templates"), {
      code: "500 INTERNAL_SERVER_ERROR",
      message: "Internal server error",
      details: null,
    }],
    ["settings", () => citizen("GET", "/api/settings/me"), {
      code: "RUNTIME_ERROR",
      message: "Internal server error",
      details: null,
    }],
  ];
  for (const [api, call, expected] of cases) {
    const { traceId: _, ...body } = await bodyOf(await call(), 500);
    assert.deepEqual(body, expected, api);
  }
  const logged = (await hark.log()).slice(first);
  const errors = logged.filter(({ event }) => event === "error");
  assert.equal(errors.length, cases.length);
  for (const entry of errors) assert.equal(entry.error, "TypeError");
  assert.ok(!JSON.stringify(logged).includes("ann.smith"));
  opened.close();
});
