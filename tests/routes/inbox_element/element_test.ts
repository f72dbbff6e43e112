import assert from "node:assert/strict";
import { createInboxElementRoutes } from "../../../routes/inbox_element/app.tsx";
import { startTestApplication } from "../../support/application.ts";
import { serveInProcess } from "../../support/http.ts";
import { test } from "../../support/runner.ts";

/** The maximum size of the script, gzipped. */
const MAX_GZIPPED_BYTES = 15_000;

const ORIGIN = "http://localhost";
const plain = serveInProcess(createInboxElementRoutes({}), ORIGIN);
const demo = serveInProcess(
  createInboxElementRoutes({
    demo: { token: () => Promise.resolve('a"><b>'), firstSteps: (root) => `curl <${root}>` },
  }),
  ORIGIN,
);

Deno.test("GET /inbox.js: is a script for pages of any origin", async () => {
  await using hark = await startTestApplication({ registry: true });
  const answer = await hark.request("/inbox.js", { headers: { Origin: "https://portal.test" } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("Content-Type"), "text/javascript; charset=utf-8");
  assert.equal(answer.headers.get("X-Content-Type-Options"), "nosniff");
  assert.equal(answer.headers.get("Access-Control-Allow-Origin"), "*");
  assert.equal(answer.headers.get("Cross-Origin-Resource-Policy"), "cross-origin");
  assert.equal(answer.headers.get("Cache-Control"), "public, max-age=300");
  assert.match(await answer.text(), /customElements\.define\("hark-inbox"/);
});

Deno.test("GET /inbox.js: depends on nothing, evaluates nothing and is under 15 kB gzipped", async () => {
  await using hark = await startTestApplication({ registry: true });
  const script = await (await hark.request("/inbox.js")).text();
  assert.doesNotMatch(script, /\bimport\b|\bexport\b|\beval\b|\bFunction\(|innerHTML/);
  const gzipped = new Blob([script]).stream().pipeThrough(new CompressionStream("gzip"));
  const { byteLength } = await new Response(gzipped).arrayBuffer();
  assert.ok(byteLength < MAX_GZIPPED_BYTES, `it weighs ${byteLength} bytes`);
});

Deno.test("GET /inbox.js: 304 for a matching ETag, for every origin", async () => {
  await using hark = await startTestApplication({ registry: true });
  const tag = (await hark.request("/inbox.js")).headers.get("ETag") ?? "";
  assert.match(tag, /^"[^"]+"$/);
  const answer = await hark.request("/inbox.js", { headers: { "If-None-Match": tag } });
  assert.equal(answer.status, 304);
  assert.equal(await answer.text(), "");
  assert.equal(answer.headers.get("ETag"), tag);
  assert.equal(answer.headers.get("Cache-Control"), "public, max-age=300");
  assert.equal(answer.headers.get("Access-Control-Allow-Origin"), "*");
  assert.equal(answer.headers.get("Cross-Origin-Resource-Policy"), "cross-origin");
});

Deno.test("POST /inbox.js: is not allowed", async () => {
  await using hark = await startTestApplication({ registry: true });
  assert.equal((await hark.request("/inbox.js", { method: "POST" })).status, 405);
});

test.inside("GET /dev/inbox: exists in development only", async () => {
  assert.equal((await plain.fetch("/dev/inbox")).status, 404);
  assert.equal((await demo.fetch("/dev/inbox")).status, 200);
});

test.inside("GET /dev/inbox: shows the element with the demo citizen's token, and is not cached", async () => {
  const answer = await demo.fetch("/dev/inbox");
  assert.equal(answer.headers.get("Cache-Control"), "no-store");
  const page = await answer.text();
  assert.ok(page.includes('<hark-inbox token="a&quot;&gt;&lt;b&gt;" lang="en">'));
  assert.ok(page.includes("&lt;hark-inbox base=&quot;http://localhost&quot;&gt;"));
  assert.ok(page.includes("curl &lt;http://localhost/&gt;"));
});

test.inside("GET /dev/inbox: has a policy that allows its own script and nothing else", async () => {
  const answer = await demo.fetch("/dev/inbox");
  const nonce = /<script type="module" src="\/inbox.js" nonce="([^"]+)">/.exec(
    await answer.text(),
  )?.[1];
  const policy = answer.headers.get("Content-Security-Policy") ?? "";
  assert.deepEqual(policy.split("; ").sort(), [
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "img-src data:",
    "require-trusted-types-for 'script'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "trusted-types hark-inbox",
  ]);
  assert.equal(answer.headers.get("Referrer-Policy"), "no-referrer");
});
