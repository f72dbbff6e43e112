/**
 * Tests that come near the platform's limits: the largest requests, and the free plan of Workers. The runner itself checks
 * at its end what the invocations used. Only `deno task test:runners --long` runs this file, which other runs do not find
 * by its name.
 */
import assert from "node:assert/strict";
import { MIN_QUEUED } from "../../application/delivery/queued/announce_many.ts";
import {
  callAs,
  newService,
  newTemplate,
  reachAt,
  waitForStatus,
} from "../conformance/services.ts";
import { JSON_TYPE, messageTo, ROLE, SEND, TEMPLATES } from "../routes/registry/support.ts";
import { ADMIN_TOKEN } from "../support/application.ts";
import { openServer } from "../support/runner.ts";
import { issueToken, makeKeys, PROPER_CLAIMS, toJwks, TOKEN_RULES } from "../support/tokens.ts";

const RECIPIENTS = 10_000;
const ROWS = 100_000;

/** Opens a server that no other test uses. */
async function openOwn(environment: Readonly<Record<string, string>> = {}) {
  const keys = await makeKeys("ES256", "limits");
  const jwks = { ACCESS_TOKEN_JWKS: toJwks(keys), ...TOKEN_RULES };
  const server = await openServer({ environment: { ...jwks, ...environment } });
  return { ...server, keys, reach: reachAt(() => server.url), [Symbol.asyncDispose]: server.close };
}

Deno.test("POST /api/notifications: puts a message into 10,000 inboxes", async () => {
  await using server = await openOwn();
  const claims = { ...PROPER_CLAIMS, sub: "publisher", roles: [ROLE] };
  const token = await issueToken(server.keys, claims, { now: Date.now() });
  const call = async (method: string, path: string, body: unknown, status: number) => {
    const headers = { "x-access-token": token, ...JSON_TYPE };
    const answer = await server.reach(path, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    assert.equal(answer.status, status, text);
    return JSON.parse(text);
  };
  const template = { title: "News", content: "News for ${name}" };
  await call("PUT", `${TEMPLATES}inbox:news`, template, 201);
  const people = Array.from({ length: RECIPIENTS }, (_, at) => `person-${at}`);
  const { notifications } = await call("POST", SEND, messageTo(people, "news"), 202);
  assert.equal(notifications.length, RECIPIENTS);
  await server.settle();
});

Deno.test("POST /manage/services/{id}/jobs: accepts a list of 100,000 rows", async () => {
  await using server = await openOwn();
  const { id } = await newService(server.reach);
  const template = { channel: "email", name: "Letter", subject: "Hello", body: "Dear ((name))" };
  const template_id = await newTemplate(server.reach, id, template);
  const rows = Array.from({ length: ROWS }, (_, at) => `ann@n${at}.example.net,Ann`);
  const uploaded = await server.reach(`/manage/services/${id}/jobs?template_id=${template_id}`, {
    method: "POST",
    headers: { "Authorization": `Bearer ${ADMIN_TOKEN}`, "Content-Type": "text/csv" },
    body: ["email address,name", ...rows].join("\n"),
  });
  const job = await uploaded.json();
  assert.equal(uploaded.status, 201, JSON.stringify(job));
  assert.equal(job.rows, ROWS);
});

Deno.test("POST /v2/notifications/batch: sends all of a batch on the free plan of Workers", async () => {
  await using server = await openOwn({ WORKERS_PLAN: "free" });
  const { id, keys } = await newService(server.reach);
  const template = { channel: "sms", name: "Text", body: "Hello ((name))" };
  const template_id = await newTemplate(server.reach, id, template);
  const notifications = Array.from({ length: MIN_QUEUED }, (_, at) => ({
    type: "sms",
    template_id,
    phone_number: "07900900123",
    personalisation: { name: String(at) },
  }));
  const path = "/v2/notifications/batch";
  const { body } = await callAs(server.reach, keys.live, "POST", path, { notifications });
  for (const accepted of body.notifications) {
    await waitForStatus(server.reach, keys.live, accepted.id, "delivered");
  }
});
