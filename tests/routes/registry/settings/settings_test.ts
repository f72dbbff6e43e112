import assert from "node:assert/strict";
import { isRefusedBefore, issueBadTokens } from "../../../support/tokens.ts";
import { bodyOf, UUID } from "../../support.ts";
import { mountSettings, OLENA, SENDER_ROLE, startSettings, step, TARAS } from "./support.ts";
import { test } from "../../../support/runner.ts";

const ME = "/api/settings/me";
const SENDER = { sub: "process", roles: [SENDER_ROLE] };

Deno.test("GET /api/settings/me: the same id each time, and no channels at first", async () => {
  await using hark = await startSettings();
  const response = await hark.as(OLENA, "GET", ME);
  assert.equal(response.headers.get("cache-control"), "no-store");
  const first = await bodyOf(response, 200);
  assert.match(first.settingsId, UUID);
  assert.deepEqual(first, { settingsId: first.settingsId, channels: [] });
  assert.deepEqual(await bodyOf(await hark.as(OLENA, "GET", ME), 200), first);
  const other = await bodyOf(await hark.as(TARAS, "GET", ME), 200);
  assert.notEqual(other.settingsId, first.settingsId);
});

Deno.test("GET /api/settings/{userId}: 403 unless the token has the sender role", async () => {
  await using hark = await startSettings();
  const verificationCode = await hark.codeFor(OLENA, "email", "olena@example.com");
  const body = { address: "olena@example.com", verificationCode };
  await bodyOf(await hark.as(OLENA, "POST", step("activate"), body), 200);
  const path = "/api/settings/olena";
  const mine = await bodyOf(await hark.as(OLENA, "GET", ME), 200);
  assert.deepEqual(mine.channels, [
    { channel: "email", activated: true, address: "olena@example.com" },
  ]);
  assert.deepEqual(await bodyOf(await hark.as(SENDER, "GET", path), 200), mine);
  for (const claims of [TARAS, OLENA, { sub: "olena", roles: ["officer"] }, { sub: "olena" }]) {
    const refused = await bodyOf(await hark.as(claims, "GET", path), 403);
    assert.equal(refused.code, "FORBIDDEN_OPERATION");
    assert.equal(JSON.stringify(refused).includes("olena@"), false);
  }
  assert.deepEqual(await hark.channelsOf(TARAS), []);
  const refused = await bodyOf(await hark.as(SENDER, "GET", "/api/settings/a%00b"), 400);
  assert.equal(refused.code, "METHOD_ARGUMENT_TYPE_MISMATCH");
});

/** Every address of the API. */
const ADDRESSES = [
  ["GET", ME],
  ["GET", "/api/settings/olena"],
  ...["validate", "verify", "activate", "deactivate"].map((name) => ["POST", step(name)] as const),
] as const;

Deno.test("/api/settings/…: 401 without a valid token", async () => {
  await using hark = await startSettings();
  const bad = await issueBadTokens(hark.keys, hark.clock.now());
  for (const [method, path] of ADDRESSES) {
    for (const { name, token, refusal } of bad) {
      // This API is configured without issuers and audiences.
      if (["issuer", "audience"].includes(refusal.because ?? "")) continue;
      const headers = token === undefined ? undefined : { "x-access-token": token };
      const response = await hark.request(path, { method, ...(headers && { headers }) });
      if (await isRefusedBefore(response, name)) continue;
      const { code } = await bodyOf(response, 401, `${path} ${name}`);
      // `fetch` trims header values.
      const missing = (token ?? "").trim() === "";
      assert.equal(code, missing ? "AUTHENTICATION_FAILED" : "JWT_INVALID", `${path} ${name}`);
    }
  }
});

Deno.test("/api/settings/…: every refusal has the same format", async () => {
  await using hark = await startSettings();
  const json = "application/json";
  const sized = (bytes: number) =>
    `{"address":"a@example.com"${" ".repeat(bytes - '{"address":"a@example.com"}'.length)}}`;
  const cases: readonly (readonly [number, string, string, string, unknown?, string?])[] = [
    [404, "NOT_FOUND", "GET", "/api/settings"],
    [404, "NOT_FOUND", "GET", "/api/settings/me/channels"],
    [404, "NOT_FOUND", "POST", "/api/settings/me/channels/email"],
    [404, "NOT_FOUND", "POST", step("erase"), {}],
    [405, "METHOD_NOT_ALLOWED", "POST", ME, {}],
    [405, "METHOD_NOT_ALLOWED", "DELETE", "/api/settings/olena"],
    [405, "METHOD_NOT_ALLOWED", "GET", step("verify")],
    [405, "METHOD_NOT_ALLOWED", "PUT", step("activate"), {}],
    [415, "UNSUPPORTED_MEDIA_TYPE", "POST", step("validate"), "{}", "text/plain"],
    [415, "UNSUPPORTED_MEDIA_TYPE", "POST", step("verify"), "{}", "application/xml"],
    [415, "UNSUPPORTED_MEDIA_TYPE", "POST", step("activate"), "{}", "application/jsonp"],
    [400, "CLIENT_ERROR", "POST", step("validate"), "", json],
    [400, "CLIENT_ERROR", "POST", step("verify"), "{", json],
    [400, "CLIENT_ERROR", "POST", step("activate"), "[]", json],
    [400, "CLIENT_ERROR", "POST", step("deactivate"), "null", json],
    [413, "PAYLOAD_TOO_LARGE", "POST", step("validate"), sized(16 * 1024 + 1), json],
    [400, "METHOD_ARGUMENT_TYPE_MISMATCH", "POST", step("verify", "letter"), {}],
    [400, "METHOD_ARGUMENT_TYPE_MISMATCH", "POST", step("activate", "EMAIL"), {}],
    [422, "VALIDATION_ERROR", "POST", step("deactivate", "inbox"), {}],
    [422, "VALIDATION_ERROR", "POST", step("verify", "inbox"), {}],
  ];
  for (const [status, code, method, path, body, type] of cases) {
    const headers = type === undefined ? {} : { "content-type": type };
    const response = await hark.as(OLENA, method, path, body, headers);
    const answer = await bodyOf(response, status, `${method} ${path}`);
    assert.equal(answer.code, code, `${method} ${path}`);
    assert.equal(answer.traceId, response.headers.get("x-request-id"));
    assert.equal(typeof answer.message, "string");
    assert.equal(response.headers.has("allow"), status === 405);
  }
  const largest = await hark.as(OLENA, "POST", step("validate"), sized(16 * 1024), {
    "content-type": "application/json; charset=UTF-8",
  });
  assert.equal(largest.status, 200);
  assert.equal((await hark.codes()).length, 0);
  assert.deepEqual(await hark.channelsOf(OLENA), []);
});

Deno.test("/api/settings/…: 422 with the fields that are missing or not texts", async () => {
  await using hark = await startSettings();
  const missing = (field: string) => ({ field, value: null, message: "must be given" });
  const cases: readonly (readonly [string, unknown, readonly unknown[]])[] = [
    ["validate", {}, [missing("address")]],
    ["verify", { address: null }, [missing("address")]],
    ["verify", { address: 7 }, [{ field: "address", message: "must be a text" }]],
    ["activate", {}, [missing("address"), missing("verificationCode")]],
    ["activate", { address: "a@example.com" }, [missing("verificationCode")]],
    ["activate", { address: "a@example.com", verificationCode: 123456 }, [
      { field: "verificationCode", message: "must be a text" },
    ]],
    ["activate", { address: "a@example.com", verificationCode: "" }, [
      { field: "verificationCode", message: "must not be empty" },
    ]],
    ["deactivate", {}, [missing("deactivationReason")]],
    ["deactivate", { deactivationReason: " " }, [
      { field: "deactivationReason", message: "must not be empty" },
    ]],
    ["deactivate", { deactivationReason: "x".repeat(501) }, [
      { field: "deactivationReason", message: "must have at most 500 characters" },
    ]],
  ];
  for (const [name, body, errors] of cases) {
    const response = await hark.as(OLENA, "POST", step(name), body, { "accept-language": "uk" });
    const answer = await bodyOf(response, 422, name);
    assert.deepEqual(answer, {
      traceId: response.headers.get("x-request-id"),
      code: "VALIDATION_ERROR",
      message: "Invalid request: see errors",
      localizedMessage: "Деякі поля заповнено неправильно",
      details: { errors },
    });
  }
});

Deno.test("/api/settings/…: 403 for channels when the token has no roles, and for diia when it is an officer's", async () => {
  await using hark = await startSettings();
  for (const name of ["validate", "verify", "activate", "deactivate"]) {
    for (const roles of [undefined, [], ["officer"], ["unregistered-officer", "citizen"]]) {
      const bearer = { ...OLENA, roles };
      const response = await hark.as(bearer, "POST", step(name, "diia"), {});
      assert.equal((await bodyOf(response, 403)).code, "FORBIDDEN_OPERATION");
    }
    const refused = await hark.as({ sub: "olena" }, "POST", step(name), {});
    assert.equal((await bodyOf(refused, 403)).code, "FORBIDDEN_OPERATION");
    const officer = { sub: "olena", realm_access: { roles: ["officer"] } };
    assert.equal((await hark.as(officer, "POST", step(name), {})).status, 422);
  }
});

test.inside("/api/settings/…: 500 RUNTIME_ERROR without details for an unexpected error", async () => {
  await using hark = await mountSettings();
  hark.meet.error = new Error("cannot write to olena@example.com");
  const body = { address: "olena@example.com" };
  const answer = await bodyOf(await hark.as(OLENA, "POST", step("verify"), body), 500);
  assert.deepEqual(answer, {
    traceId: "request-1",
    code: "RUNTIME_ERROR",
    message: "Internal server error",
    details: null,
  });
});
