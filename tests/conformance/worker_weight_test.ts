/**
 * What the Worker weighs: an isolate parses the modules of its start at each cold start, and further parts when it first
 * needs them. docs/dependencies.md names the parts.
 */
import assert from "node:assert/strict";
import { readBundleParts } from "../support/bundle_parts.ts";
import { BUNDLE_FLAGS, bundleWorker, type WorkerBundle } from "../support/workerd.ts";

/** The most bytes of all modules, minified and compressed together. Without the pages of templates and sending: 595 kB. */
const MAX_BYTES = 750_000;

/** The most bytes of the modules that every isolate loads at its start. */
const MAX_FIRST_BYTES = 318_000;

/** The most bytes that each part adds to the start when it is loaded, by the module that is imported. */
const MAX_PART_BYTES: Readonly<Record<string, number>> = {
  "routes/web/app.tsx": 215_000,
  "routes/mount_registry.ts": 93_000,
  "routes/manage/app.ts": 85_000,
  "parse_template": 43_000,
  "adapters/spreadsheets/read_sheet.ts": 22_000,
  "adapters/libsql/schema/migrate_object.ts": 18_000,
  "application/jobs/list_drafts.ts": 20_000,
  "upload": 17_000,
  "runtime/accounts.ts": 28_000,
  "routes/unsubscribe/app.tsx": 12_000,
  "routes/files/app.tsx": 12_000,
  "application/accounts/accounts.ts": 17_000,
  "runtime/registry_api.ts": 11_000,
  "runtime/retention.ts": 8_000,
  "runtime/worker/open_inbox_listeners.ts": 7_000,
  "adapters/providers/postmark/server_client.ts": 11_000,
  "adapters/providers/postmark/postmark.ts": 8_000,
};

/** The most bytes of each part that is not named. */
const MAX_SMALL_PART_BYTES = 6_000;

/** Text of modules that a Worker cannot use or need not have, by the module. */
const KEPT_OUT = {
  "nodemailer, which needs TCP": "SMTPConnection",
  "undici, which needs TCP": "UND_ERR_SOCKET",
  "Zod's translations": "Entrée invalide",
  "libSQL over WebSocket": "class WsClient",
  "the pages of development": "routes/dev/app.tsx",
  "the part of hono/jsx for browsers": "jsx/dom/render.js",
  "hashes of otpauth, which node:crypto has": "Keccak",
} as const;

/** Ends a module that has a CommonJS package as its default export, and no other: `import()` gives none of its names. */
const COMMONJS_ONLY = /export default \w+\(\);?\s*(?:\/\/# .*\s*)?$/;

let mapped: Promise<WorkerBundle> | undefined;
const bundle = () => mapped ??= bundleWorker(undefined, [...BUNDLE_FLAGS, "--sourcemap=external"]);

Deno.test("the Worker: its start, each further part and all modules weigh no more than their limits", async () => {
  const { first, later, totalBytes } = readBundleParts(await bundle());
  assert.ok(totalBytes <= MAX_BYTES, `${totalBytes} bytes in all`);
  assert.ok(first.bytes <= MAX_FIRST_BYTES, `${first.bytes} bytes at the start`);
  const heavy = later.filter(({ source, bytes }) =>
    bytes > (MAX_PART_BYTES[source] ?? MAX_SMALL_PART_BYTES)
  );
  assert.deepEqual(heavy.map(({ source, bytes }) => `${source}: ${bytes} bytes`), []);
  const sources = later.map(({ source }) => source);
  const gone = Object.keys(MAX_PART_BYTES).filter((source) => !sources.includes(source));
  assert.deepEqual(gone, [], `loaded later: ${sources.join(", ")}`);
});

Deno.test("the Worker: its start imports no file system", async () => {
  const whole = await bundle();
  const { first } = readBundleParts(whole);
  const importing = first.modules.filter((name) =>
    /\b(?:from|import)\s*"node:fs/.test(whole.modules[name] ?? "")
  );
  assert.deepEqual(importing, []);
});

Deno.test("the Worker: loads no CommonJS package by import(), which would have no names", async () => {
  const whole = await bundle();
  const { modules } = whole;
  const roots = readBundleParts(whole).later.flatMap(({ modules: [root = ""] }) => root);
  assert.deepEqual(roots.filter((name) => COMMONJS_ONLY.test(modules[name] ?? "")), []);
});

Deno.test("the Worker: the tests bundle it as wrangler.toml does", async () => {
  const file = await Deno.readTextFile(new URL("../../wrangler.toml", import.meta.url));
  const [, command = ""] = /^command = "(.*)"$/m.exec(file) ?? [];
  assert.ok(
    command.includes(`deno bundle ${BUNDLE_FLAGS.join(" ")} --outdir dist/worker `),
    command,
  );
});

Deno.test("the Worker: the bundle has none of the modules that it is kept without", async () => {
  const readable = BUNDLE_FLAGS.filter((flag) => flag !== "--minify");
  const { modules } = await bundleWorker(undefined, readable);
  const text = Object.values(modules).join("\n").replaceAll("\\xE9", "é");
  for (const [name, part] of Object.entries(KEPT_OUT)) assert.ok(!text.includes(part), name);
});
