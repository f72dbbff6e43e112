import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import layersLint from "../support/layers_lint.ts";

type Case = readonly [what: string, file: string, source: string];

const ROOT = new URL("../../", import.meta.url);

function findings(file: string, source: string): readonly Deno.lint.Diagnostic[] {
  return Deno.lint.runPlugin(layersLint, file, source);
}

const IMPORTS_REFUSED: readonly Case[] = [
  ["domain from adapters", "domain/a/a.ts", `import { x } from "../../adapters/x.ts";`],
  ["domain from routes, deeper", "domain/b/a.ts", `import { x } from "../../routes/x.ts";`],
  ["domain's type from adapters", "domain/a/a.ts", `import type { X } from "../../adapters/x.ts";`],
  ["domain's inline type", "domain/a/a.ts", `export type Y = import("../../adapters/x.ts").X;`],
  ["domain's re-export", "domain/a/a.ts", `export { x } from "../../routes/x.ts";`],
  ["domain's re-export of all", "domain/a/a.ts", `export * from "../../routes/x.ts";`],
  ["routes from adapters", "routes/a.tsx", `import { x } from "../adapters/x.ts";`],
  ["adapters from routes", "adapters/a/b.ts", `import { x } from "../../routes/x.ts";`],
  ["adapters' dynamic import", "adapters/a.ts", `await import("../routes/x.ts");`],
  ["domain from application", "domain/a/a.ts", `import { x } from "../../application/x.ts";`],
  ["application from routes", "application/a/a.ts", `import { x } from "../../routes/x.ts";`],
  ["application from adapters", "application/a.ts", `import type { X } from "../adapters/x.ts";`],
  ["application from runtime", "application/a.ts", `import { x } from "../runtime/x.ts";`],
  ["application from a package", "application/a.ts", `import type { Context } from "hono";`],
  ["adapters from application", "adapters/a.ts", `import { x } from "../application/x.ts";`],
  ["routes from runtime", "routes/a.ts", `import { x } from "../runtime/config.ts";`],
  ["runtime from main.ts", "runtime/a.ts", `import { x } from "../main.ts";`],
  ["runtime from tests", "runtime/a.ts", `import { x } from "../tests/support/x.ts";`],
  ["an API from another", "routes/manage/a.ts", `import { x } from "../registry/x.ts";`],
  ["an API's type from another", "routes/manage/a.ts", `import type { X } from "../notify/x.ts";`],
  ["a nested API from another", "routes/notify/v2016/a.ts", `import { x } from "../v2/x.ts";`],
  ["an API from a nested one", "routes/manage/a.ts", `import { x } from "../notify/v2/x.ts";`],
  ["a nested one from an API", "routes/registry/inbox/a.ts", `import "../../manage/x.ts";`],
  ["nested ones of one API", "routes/registry/inbox/a.ts", `import "../settings/x.ts";`],
  ["shared code from an API", "routes/http/a.ts", `import { x } from "../manage/x.ts";`],
  ["shared pages from an API", "routes/pages/a.tsx", `import { x } from "../dev/x.ts";`],
  ["the whole of zod in domain", "domain/a/a.ts", `import { z } from "zod";`],
  ["the whole of zod elsewhere", "routes/a.ts", `import { z } from "zod";`],
  ["routes from main.ts", "routes/a.ts", `import { x } from "../main.ts";`],
  ["adapters from tests", "adapters/a.ts", `import { x } from "../tests/support/x.ts";`],
  ["a way out of the project", "routes/a.ts", `import { x } from "../../x.ts";`],
  ["an absolute path", "routes/a.ts", `import { x } from "/srv/x.ts";`],
  ["a file URL", "adapters/a.ts", `import { x } from "file:///srv/x.ts";`],
  ["domain from a package", "domain/a/a.ts", `import { Hono } from "hono";`],
  ["domain from Node", "domain/a/a.ts", `import { randomUUID } from "node:crypto";`],
  ["domain from a part of zod", "domain/a/a.ts", `import { z } from "npm:zod";`],
  ["domain's small telephone library", "domain/a/a.ts", `import { x } from "libphonenumber-js";`],
];

const AMBIENT_REFUSED: readonly Case[] = [
  ["a call", "domain/a/a.ts", `fetch("x");`],
  ["a value handed on", "domain/a/a.ts", `export const x = { f: fetch };`],
  ["a shorthand property", "domain/a/a.ts", `export const x = { fetch };`],
  ["a computed key", "domain/a/a.ts", `export const x = { [process]: 1 };`],
  ["a computed member", "domain/a/a.ts", `export const x = (o: O) => o[performance];`],
  ["a default value", "domain/a/a.ts", `export function f({ a = crypto }) { return a; }`],
  ["a cast", "domain/a/a.ts", `export const x = globalThis as unknown;`],
  ["an exported name", "domain/a/a.ts", `export { fetch as x };`],
  ["a local name for it", "domain/a/a.ts", `import { x as fetch } from "./x.ts";`],
  ["an enum's value", "domain/a/a.ts", `enum E { a = process }`],
  ["a parameter of that name", "domain/a/a.ts", `export function f(process: P) { return 1; }`],
  ["the runtime", "domain/a/a.ts", `Deno.cwd();`],
  ["a timer", "domain/a/a.ts", `setTimeout(f, 1);`],
  ["an interval", "domain/a/a.ts", `setInterval(f, 1);`],
  ["randomness", "domain/a/a.ts", `export const x = crypto.randomUUID();`],
  ["a Promise", "domain/a/a.ts", `export const x = Promise.resolve(1);`],
  ["Temporal", "domain/a/a.ts", `export const x = Temporal.Now.instant();`],
  ["a stopwatch", "domain/a/a.ts", `export const x = performance.now();`],
  ["the runtime in routes", "routes/a.tsx", `Deno.env.get("X");`],
  ["the runtime in adapters", "adapters/a.ts", `Deno.readTextFileSync("x");`],
  ["the runtime in application", "application/a.ts", `Deno.readTextFileSync("x");`],
  ["the runtime's types", "adapters/a.ts", `export type X = Deno.ServeHandler;`],
  ["the runtime's existence", "adapters/a.ts", `export const x = typeof Deno === "object";`],
];

const IMPURE_REFUSED: readonly Case[] = [
  ["new Date()", "domain/a/a.ts", `export const x = new Date();`],
  ["new Date", "domain/a/a.ts", `export const x = new Date;`],
  ["Date()", "domain/a/a.ts", `export const x = Date();`],
  ["Date.now()", "domain/a/a.ts", `export const x = Date.now();`],
  ["Date.now handed on", "domain/a/a.ts", `export const x = Date.now;`],
  ["Date['now']", "domain/a/a.ts", `export const x = Date["now"]();`],
  ["Math.random()", "domain/a/a.ts", `export const x = Math.random();`],
  ["an async function", "domain/a/a.ts", `export async function f() {}`],
  ["an async arrow", "domain/a/a.ts", `export const f = async () => {};`],
  ["an async method", "domain/a/a.ts", `export const o = { async f() {} };`],
  ["a class's async method", "domain/a/a.ts", `export class C { async f() {} }`],
  ["await", "domain/a/a.ts", `export const x = await y;`],
  ["a dynamic import of a neighbour", "domain/a/a.ts", `import("./b.ts");`],
];

const ALLOWED: readonly Case[] = [
  ["domain from domain", "domain/v2/a.ts", `import { x } from "../ids.ts";`],
  ["domain from zod/mini", "domain/a/a.ts", `import * as z from "zod/mini";`],
  ["domain's decoder of character references", "domain/a/a.ts", `import "entities/decode";`],
  ["domain's telephone library", "domain/a/a.ts", `import { parse } from "libphonenumber-js/max";`],
  ["routes from domain", "routes/a.ts", `import { x } from "../domain/x.ts";`],
  ["an API's part from the API", "routes/notify/v2/a.ts", `import { x } from "../x.ts";`],
  ["an API from its part", "routes/registry/app.ts", `import { x } from "./inbox/app.ts";`],
  [
    "the root from every API",
    "routes/app.ts",
    `import "./manage/app.ts"; import "./notify/v2/app.ts";`,
  ],
  ["an API from shared code", "routes/manage/jobs/a.ts", `import { x } from "../../http/x.ts";`],
  ["routes from application", "routes/manage/a.ts", `import { x } from "../../application/x.ts";`],
  ["application from domain", "application/a.ts", `import type { X } from "../domain/ids.ts";`],
  ["application from application", "application/a/a.ts", `import { x } from "../b/x.ts";`],
  ["routes from a package", "routes/a.ts", `import { Hono } from "hono";`],
  ["adapters from domain", "adapters/a.ts", `import type { X } from "../domain/x.ts";`],
  ["adapters from Node", "adapters/a.ts", `import { x } from "node:zlib";`],
  ["adapters' platform", "adapters/a.ts", `await fetch("x"); setTimeout(f, Date.now());`],
  [
    "runtime from every layer",
    "runtime/a.ts",
    `import "../adapters/x.ts"; import "../routes/x.ts";`,
  ],
  ["runtime from runtime", "runtime/development/a.ts", `import { x } from "../config.ts";`],
  ["main.ts", "main.ts", `import "./adapters/x.ts"; import "./routes/x.ts"; Deno.exit();`],
  [
    "tests",
    "tests/domain/a_test.ts",
    `import "../../domain/x.ts"; import "../../adapters/x.ts"; Deno.test(async () => {});`,
  ],
  ["a tests' folder within another path", "tests/routes/a.ts", `import "../../adapters/x.ts";`],
  ["a member", "domain/a/a.ts", `export const f = (o: O) => o.fetch + o.process.crypto;`],
  ["an optional member", "domain/a/a.ts", `export const f = (o: O) => o?.fetch;`],
  [
    "keys",
    "domain/a/a.ts",
    `export const o = { fetch: 1, process() {}, get crypto() { return 1; } };`,
  ],
  ["class members", "domain/a/a.ts", `export class C { fetch = 1; process() {} }`],
  ["a renamed property", "domain/a/a.ts", `export const { fetch: f, process: { x } } = y;`],
  [
    "an interface",
    "domain/a/a.ts",
    `export interface A { fetch: number; setTimeout(x: X): void; }`,
  ],
  ["an interface's parameter", "domain/a/a.ts", `export interface A { f(fetch: F): void; }`],
  ["a function type's parameter", "domain/a/a.ts", `export type F = (crypto: X) => Promise<X>;`],
  ["a type's promise", "domain/a/a.ts", `export interface A { f(): Promise<Temporal.Instant>; }`],
  ["a type of fetch", "domain/a/a.ts", `export type F = typeof fetch;`],
  ["an imported name", "domain/a/a.ts", `import { process as x } from "./x.ts";`],
  ["a passed-on name", "domain/a/a.ts", `export { fetch, x as process } from "./x.ts";`],
  ["an exported label", "domain/a/a.ts", `export { x as fetch };`],
  ["an enum's member", "domain/a/a.ts", `enum E { fetch = 1 }`],
  ["a label", "domain/a/a.ts", `fetch: for (;;) break fetch;`],
  ["a given instant", "domain/a/a.ts", `export const f = (ms: number) => new Date(ms);`],
  [
    "Date.UTC and Math.max",
    "domain/a/a.ts",
    `export const x = Date.UTC(2026, 1) + Math.max(1, 2);`,
  ],
  ["text", "domain/a/a.ts", `export const x = "Deno.cwd() fetch";`],
  ["a key named Deno", "routes/a.ts", `export const x = { Deno: 1 }.Deno;`],
];

Deno.test("layers/no-crossing: reports each crossing once", () => {
  for (const [what, file, source] of [...IMPORTS_REFUSED, ...AMBIENT_REFUSED, ...IMPURE_REFUSED]) {
    const reported = findings(file, source);
    assert.deepEqual(reported.map(({ id }) => id), ["layers/no-crossing"], `${what}: ${source}`);
  }
});

Deno.test("layers/no-crossing: allows imports along the arrows", () => {
  for (const [what, file, source] of ALLOWED) {
    assert.deepEqual(findings(file, source).map(({ message }) => message), [], what);
  }
});

Deno.test("layers/no-crossing: refuses other files at the root of domain/", () => {
  assert.equal(findings("domain/status.ts", "export const x = 1;").length, 1);
  assert.equal(findings("domain/result.ts", "export const x = 1;").length, 0);
  assert.equal(findings("domain/ids.ts", "export const x = 1;").length, 0);
});

Deno.test("layers/no-crossing: decides by the first folder below the root", () => {
  const source = `import { x } from "../adapters/x.ts"; Deno.cwd();`;
  assert.equal(findings("/home/routes/domain/a.ts", source).length, 0);
  assert.equal(
    findings(new URL("domain/a/a.ts", ROOT).pathname, source.replace("../", "../../")).length,
    2,
  );
});

Deno.test("layers/no-crossing: finds nothing in the source", async () => {
  let files = 0;
  for (const layer of ["domain", "application", "routes", "adapters", "runtime"]) {
    for (const name of await readdir(new URL(layer, ROOT), { recursive: true })) {
      if (!/\.tsx?$/.test(name)) continue;
      const file = `${layer}/${name}`;
      const reported = findings(file, await Deno.readTextFile(new URL(file, ROOT)));
      assert.deepEqual(reported.map(({ message }) => message), [], file);
      files += 1;
    }
  }
  assert.ok(files > 0);
});
