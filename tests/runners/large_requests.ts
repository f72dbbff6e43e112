/**
 * The largest requests of Hark, for `deno task test:runners --long`: what an invocation of the Worker uses for them is
 * within the platform's limits, which the runner checks at its end. The name keeps it out of other runs of the tests.
 */
import assert from "node:assert/strict";
import { newService, newTemplate, reachAt } from "../conformance/services.ts";
import { JSON_TYPE, messageTo, ROLE, SEND, TEMPLATES } from "../routes/registry/support.ts";
import { ADMIN_TOKEN } from "../support/application.ts";
import { openServer } from "../support/runner.ts";
import { issueToken, makeKeys, PROPER_CLAIMS, toJwks, TOKEN_RULES } from "../support/tokens.ts";

const RECIPIENTS = 10_000;
const ROWS = 100_000;

Deno.test("POST /api/notifications: puts a message into 10,000 inboxes", async () => {
  const keys = await makeKeys("ES256", "large");
  const server = await openServer({ ACCESS_TOKEN_JWKS: toJwks(keys), ...TOKEN_RULES });
  const claims = { ...PROPER_CLAIMS, sub: "publisher", roles: [ROLE] };
  const token = await issueToken(keys, claims, { now: Date.now() });
  const call = async (method: string, path: string, body: unknown, status: number) => {
    const headers = { "x-access-token": token, ...JSON_TYPE };
    const answer = await fetch(`${server.url}${path}`, {
      method,
      headers,
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, status, await answer.clone().text());
    return await answer.json();
  };
  try {
    const template = { title: "News", content: "News for ${name}" };
    await call("PUT", `${TEMPLATES}inbox:news`, template, 201);
    const people = Array.from({ length: RECIPIENTS }, (_, at) => `person-${at}`);
    const { notifications } = await call("POST", SEND, messageTo(people, "news"), 202);
    assert.equal(notifications.length, RECIPIENTS);
    await server.settle();
  } finally {
    await server.close();
  }
});

Deno.test("POST /manage/services/{id}/jobs: takes a list of 100,000 rows, and begins it", async () => {
  const keys = await makeKeys("ES256", "large");
  const server = await openServer({ ACCESS_TOKEN_JWKS: toJwks(keys), ...TOKEN_RULES });
  const reach = reachAt(() => server.url);
  try {
    const { id } = await newService(reach);
    const template = { channel: "email", name: "Letter", subject: "Hello", body: "Dear ((name))" };
    const template_id = await newTemplate(reach, id, template);
    const rows = Array.from({ length: ROWS }, (_, at) => `ann@n${at}.example.net,Ann`);
    const uploaded = await reach(`/manage/services/${id}/jobs?template_id=${template_id}`, {
      method: "POST",
      headers: { "Authorization": `Bearer ${ADMIN_TOKEN}`, "Content-Type": "text/csv" },
      body: ["email address,name", ...rows].join("\n"),
    });
    const job = await uploaded.json();
    assert.equal(uploaded.status, 201, JSON.stringify(job));
    assert.equal(job.rows, ROWS, JSON.stringify(job));
  } finally {
    await server.close();
  }
});
