/** What the Worker weighs, since it parses all of its code at each cold start. docs/dependencies.md names the parts. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { bundleWorker } from "../support/workerd.ts";

/** The most bytes of the bundle, minified and compressed. */
const MAX_BYTES = 595_000;

/** Text of modules that a Worker cannot use or need not have, by the module. */
const KEPT_OUT = {
  "nodemailer, which needs TCP": "SMTPConnection",
  "Zod's translations": "Entrée invalide",
  "libSQL over WebSocket": "class WsClient",
  "the pages of development": "routes/dev/app.tsx",
  "the part of hono/jsx for browsers": "jsx/dom/render.js",
  "hashes of otpauth, which node:crypto has": "Keccak",
} as const;

Deno.test("the Worker: the bundle weighs no more than its limit", async () => {
  const bundle = await bundleWorker(undefined, ["--external", "libsql", "--minify"]);
  const { length } = gzipSync(bundle, { level: 9 });
  assert.ok(length <= MAX_BYTES, `${length} bytes`);
});

Deno.test("the Worker: the bundle has none of the modules that it is kept without", async () => {
  const bundle = (await bundleWorker()).replaceAll("\\xE9", "é");
  for (const [name, text] of Object.entries(KEPT_OUT)) assert.ok(!bundle.includes(text), name);
});
