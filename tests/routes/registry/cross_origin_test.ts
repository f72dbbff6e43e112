import assert from "node:assert/strict";
import { PREFLIGHT_MAX_AGE_S } from "../../../routes/registry/cross_origin.ts";
import { ADMIN_TOKEN, startTestApplication } from "../../support/application.ts";
import { JSON_TYPE } from "./support.ts";
import { test } from "../../support/runner.ts";

const ID = "00000000-0000-4000-8000-000000000000";

/** Where people are spoken for by a portal's page. */
const OF_PEOPLE = [
  ["GET", "/api/notifications/inbox"],
  ["GET", "/api/notifications/inbox/count"],
  ["GET", "/api/notifications/inbox/stream"],
  ["POST", "/api/notifications/inbox/ack-all"],
  ["POST", `/api/notifications/inbox/${ID}/ack`],
  ["GET", "/api/settings/me"],
  ["POST", "/api/settings/me/channels/email/validate"],
  ["POST", "/api/settings/me/channels/email/verify"],
  ["POST", "/api/settings/me/channels/email/activate"],
  ["POST", "/api/settings/me/channels/email/deactivate"],
] as const;

/** Where no page of another origin has business. */
const OF_SERVICES = [
  ["POST", "/api/notifications"],
  ["PUT", "/api/notifications/templates/inbox:welcome"],
  ["GET", "/api/notifications/templates"],
  ["DELETE", `/api/notifications/templates/${ID}`],
  ["GET", "/manage/services"],
  ["GET", "/dev/mailbox.json"],
  ["GET", "/dev/inbox"],
] as const;

const ORIGIN = { Origin: "https://portal.example" };

const listOf = (answer: Response, name: string) =>
  (answer.headers.get(name) ?? "").toLowerCase().split(/, ?/).toSorted();

Deno.test("OPTIONS of inboxes and settings: allows requests with a token from every origin", async () => {
  await using hark = await startTestApplication({ registry: true });
  for (const [method, path] of OF_PEOPLE) {
    const answer = await hark.request(path, {
      method: "OPTIONS",
      headers: {
        ...ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "last-event-id,x-access-token",
      },
    });
    assert.equal(answer.status, 204, path);
    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), "*");
    assert.equal(answer.headers.get("Access-Control-Allow-Credentials"), null);
    assert.deepEqual(listOf(answer, "Access-Control-Allow-Methods"), ["get", "post"]);
    assert.deepEqual(listOf(answer, "Access-Control-Allow-Headers"), [
      "accept-language",
      "content-type",
      "last-event-id",
      "x-access-token",
    ]);
    assert.equal(answer.headers.get("Access-Control-Max-Age"), String(PREFLIGHT_MAX_AGE_S));
    assert.ok(answer.headers.has("X-Request-Id"));
  }
});

/** Asserts the status of an answer that pages of every origin can read. */
async function assertReadable(answer: Response, status: number, path: string): Promise<void> {
  await answer.body?.cancel();
  assert.equal(answer.status, status, path);
  assert.equal(answer.headers.get("Access-Control-Allow-Origin"), "*", path);
  assert.equal(answer.headers.get("Access-Control-Allow-Credentials"), null, path);
  assert.deepEqual(listOf(answer, "Access-Control-Expose-Headers"), [
    "retry-after",
    "x-request-id",
  ]);
}

Deno.test("GET and POST of inboxes and settings: pages of every origin can read answers and refusals", async () => {
  await using hark = await startTestApplication({ registry: true });
  const ann = hark.citizen("ann", { roles: ["citizen"] });
  for (const [method, path] of OF_PEOPLE) {
    await assertReadable(await hark.request(path, { method, headers: ORIGIN }), 401, path);
    await assertReadable(await hark.request(path, { method: "PATCH", headers: ORIGIN }), 405, path);
  }
  const mine = "/api/settings/me";
  const cases = [
    ["GET", "/api/notifications/inbox", undefined, 200],
    ["GET", "/api/notifications/inbox?limit=0", undefined, 400],
    ["GET", "/api/notifications/inbox/stream", undefined, 200],
    ["POST", "/api/notifications/inbox/ack-all", undefined, 200],
    ["POST", `/api/notifications/inbox/${ID}/ack`, undefined, 404],
    ["GET", mine, undefined, 200],
    ["POST", `${mine}/channels/email/verify`, "x".repeat(17_000), 413],
  ] as const;
  for (const [method, path, body, status] of cases) {
    await assertReadable(await ann(method, path, body, { ...ORIGIN, ...JSON_TYPE }), status, path);
  }
});

test.inside("GET of inboxes and settings: pages of every origin can read that the server failed", async () => {
  await using hark = await startTestApplication({ registry: true });
  const ann = hark.citizen("ann", { roles: ["citizen"] });
  hark.db.close();
  for (const path of ["/api/notifications/inbox", "/api/settings/me"]) {
    await assertReadable(await ann("GET", path, undefined, ORIGIN), 500, path);
  }
});

Deno.test("PUT templates, POST /api/notifications and /manage: pages of other origins cannot read answers", async () => {
  await using hark = await startTestApplication({ registry: true });
  for (const [method, path] of OF_SERVICES) {
    const answers = [
      await hark.request(path, {
        method: "OPTIONS",
        headers: { ...ORIGIN, "Access-Control-Request-Method": method },
      }),
      await hark.request(path, {
        method,
        headers: { ...ORIGIN, Authorization: `Bearer ${ADMIN_TOKEN}` },
      }),
    ];
    for (const answer of answers) {
      await answer.body?.cancel();
      for (const name of answer.headers.keys()) {
        assert.ok(!name.startsWith("access-control-"), `${method} ${path} ${name}`);
      }
    }
  }
});
