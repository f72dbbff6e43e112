import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import roomsLint from "../support/rooms_lint.ts";

type Case = readonly [what: string, file: string, source: string];

const ROOT = new URL("../../", import.meta.url);

function findings(file: string, source: string): readonly Deno.lint.Diagnostic[] {
  return Deno.lint.runPlugin(roomsLint, file, source);
}

const IMPORTS_REFUSED: readonly Case[] = [
  ["domain from adapters", "domain/a.ts", `import { x } from "../adapters/x.ts";`],
  ["domain from routes, deeper", "domain/b/a.ts", `import { x } from "../../routes/x.ts";`],
  ["domain's type from adapters", "domain/a.ts", `import type { X } from "../adapters/x.ts";`],
  ["domain's inline type", "domain/a.ts", `export type Y = import("../adapters/x.ts").X;`],
  ["domain's re-export", "domain/a.ts", `export { x } from "../routes/x.ts";`],
  ["domain's re-export of all", "domain/a.ts", `export * from "../routes/x.ts";`],
  ["routes from adapters", "routes/a.tsx", `import { x } from "../adapters/x.ts";`],
  ["adapters from routes", "adapters/a/b.ts", `import { x } from "../../routes/x.ts";`],
  ["adapters' dynamic import", "adapters/a.ts", `await import("../routes/x.ts");`],
  ["routes from wiring", "routes/a.ts", `import { x } from "../wiring/x.ts";`],
  ["wiring from main.ts", "wiring/a.ts", `import { x } from "../main.ts";`],
  ["wiring from a package", "wiring/a.ts", `import { Hono } from "hono";`],
  ["routes from config.ts", "routes/a.ts", `import { x } from "../config.ts";`],
  ["routes from main.ts", "routes/a.ts", `import { x } from "../main.ts";`],
  ["adapters from tests", "adapters/a.ts", `import { x } from "../tests/support/x.ts";`],
  ["a way out of the project", "routes/a.ts", `import { x } from "../../x.ts";`],
  ["an absolute path", "routes/a.ts", `import { x } from "/srv/x.ts";`],
  ["a file URL", "adapters/a.ts", `import { x } from "file:///srv/x.ts";`],
  ["domain from a package", "domain/a.ts", `import { Hono } from "hono";`],
  ["domain from Node", "domain/a.ts", `import { randomUUID } from "node:crypto";`],
  ["domain from a part of zod", "domain/a.ts", `import { z } from "npm:zod";`],
  ["domain's small telephone library", "domain/a.ts", `import { x } from "libphonenumber-js";`],
];

const AMBIENT_REFUSED: readonly Case[] = [
  ["a call", "domain/a.ts", `fetch("x");`],
  ["a value handed on", "domain/a.ts", `export const x = { f: fetch };`],
  ["a shorthand property", "domain/a.ts", `export const x = { fetch };`],
  ["a computed key", "domain/a.ts", `export const x = { [process]: 1 };`],
  ["a computed member", "domain/a.ts", `export const x = (o: O) => o[performance];`],
  ["a default value", "domain/a.ts", `export function f({ a = crypto }) { return a; }`],
  ["a cast", "domain/a.ts", `export const x = globalThis as unknown;`],
  ["an exported name", "domain/a.ts", `export { fetch as x };`],
  ["a local name for it", "domain/a.ts", `import { x as fetch } from "./x.ts";`],
  ["an enum's value", "domain/a.ts", `enum E { a = process }`],
  ["a parameter of that name", "domain/a.ts", `export function f(process: P) { return 1; }`],
  ["the runtime", "domain/a.ts", `Deno.cwd();`],
  ["a timer", "domain/a.ts", `setTimeout(f, 1);`],
  ["an interval", "domain/a.ts", `setInterval(f, 1);`],
  ["randomness", "domain/a.ts", `export const x = crypto.randomUUID();`],
  ["a Promise", "domain/a.ts", `export const x = Promise.resolve(1);`],
  ["Temporal", "domain/a.ts", `export const x = Temporal.Now.instant();`],
  ["a stopwatch", "domain/a.ts", `export const x = performance.now();`],
  ["the runtime in routes", "routes/a.tsx", `Deno.env.get("X");`],
  ["the runtime in adapters", "adapters/a.ts", `Deno.readTextFileSync("x");`],
  ["the runtime in wiring", "wiring/a.ts", `Deno.readTextFileSync("x");`],
  ["the runtime's types", "adapters/a.ts", `export type X = Deno.ServeHandler;`],
  ["the runtime's existence", "adapters/a.ts", `export const x = typeof Deno === "object";`],
];

const IMPURE_REFUSED: readonly Case[] = [
  ["new Date()", "domain/a.ts", `export const x = new Date();`],
  ["new Date", "domain/a.ts", `export const x = new Date;`],
  ["Date()", "domain/a.ts", `export const x = Date();`],
  ["Date.now()", "domain/a.ts", `export const x = Date.now();`],
  ["Date.now handed on", "domain/a.ts", `export const x = Date.now;`],
  ["Date['now']", "domain/a.ts", `export const x = Date["now"]();`],
  ["Math.random()", "domain/a.ts", `export const x = Math.random();`],
  ["an async function", "domain/a.ts", `export async function f() {}`],
  ["an async arrow", "domain/a.ts", `export const f = async () => {};`],
  ["an async method", "domain/a.ts", `export const o = { async f() {} };`],
  ["a class's async method", "domain/a.ts", `export class C { async f() {} }`],
  ["await", "domain/a.ts", `export const x = await y;`],
  ["a dynamic import of a neighbour", "domain/a.ts", `import("./b.ts");`],
];

const ALLOWED: readonly Case[] = [
  ["domain from domain", "domain/v2/a.ts", `import { x } from "../ids.ts";`],
  ["domain from zod", "domain/a.ts", `import { z } from "zod";`],
  ["domain's decoder of character references", "domain/a.ts", `import "entities/decode";`],
  ["domain's telephone library", "domain/a.ts", `import { parse } from "libphonenumber-js/max";`],
  ["routes from domain", "routes/a.ts", `import { x } from "../domain/x.ts";`],
  ["routes from routes", "routes/v2/a.ts", `import { x } from "../x.ts";`],
  ["routes from a package", "routes/a.ts", `import { Hono } from "hono";`],
  ["adapters from domain", "adapters/a.ts", `import type { X } from "../domain/x.ts";`],
  ["adapters from Node", "adapters/a.ts", `import { x } from "node:zlib";`],
  ["adapters' platform", "adapters/a.ts", `await fetch("x"); setTimeout(f, Date.now());`],
  ["wiring from every room", "wiring/a.ts", `import "../adapters/x.ts"; import "../routes/x.ts";`],
  ["wiring from config.ts", "wiring/a.ts", `import { x } from "../config.ts";`],
  ["main.ts", "main.ts", `import "./adapters/x.ts"; import "./routes/x.ts"; Deno.exit();`],
  [
    "tests",
    "tests/domain/a_test.ts",
    `import "../../domain/x.ts"; import "../../adapters/x.ts"; Deno.test(async () => {});`,
  ],
  ["a tests' folder within another path", "tests/routes/a.ts", `import "../../adapters/x.ts";`],
  ["a member", "domain/a.ts", `export const f = (o: O) => o.fetch + o.process.crypto;`],
  ["an optional member", "domain/a.ts", `export const f = (o: O) => o?.fetch;`],
  [
    "keys",
    "domain/a.ts",
    `export const o = { fetch: 1, process() {}, get crypto() { return 1; } };`,
  ],
  ["class members", "domain/a.ts", `export class C { fetch = 1; process() {} }`],
  ["a renamed property", "domain/a.ts", `export const { fetch: f, process: { x } } = y;`],
  ["an interface", "domain/a.ts", `export interface A { fetch: number; setTimeout(x: X): void; }`],
  ["an interface's parameter", "domain/a.ts", `export interface A { f(fetch: F): void; }`],
  ["a function type's parameter", "domain/a.ts", `export type F = (crypto: X) => Promise<X>;`],
  ["a type's promise", "domain/a.ts", `export interface A { f(): Promise<Temporal.Instant>; }`],
  ["a type of fetch", "domain/a.ts", `export type F = typeof fetch;`],
  ["an imported name", "domain/a.ts", `import { process as x } from "./x.ts";`],
  ["a passed-on name", "domain/a.ts", `export { fetch, x as process } from "./x.ts";`],
  ["an exported label", "domain/a.ts", `export { x as fetch };`],
  ["an enum's member", "domain/a.ts", `enum E { fetch = 1 }`],
  ["a label", "domain/a.ts", `fetch: for (;;) break fetch;`],
  ["a given instant", "domain/a.ts", `export const f = (ms: number) => new Date(ms);`],
  ["Date.UTC and Math.max", "domain/a.ts", `export const x = Date.UTC(2026, 1) + Math.max(1, 2);`],
  ["text", "domain/a.ts", `export const x = "Deno.cwd() fetch";`],
  ["a key named Deno", "routes/a.ts", `export const x = { Deno: 1 }.Deno;`],
];

Deno.test("rooms/no-crossing refuses each crossing, once", () => {
  for (const [what, file, source] of [...IMPORTS_REFUSED, ...AMBIENT_REFUSED, ...IMPURE_REFUSED]) {
    const found = findings(file, source);
    assert.deepEqual(found.map(({ id }) => id), ["rooms/no-crossing"], `${what}: ${source}`);
  }
});

Deno.test("rooms/no-crossing allows what stays in its room", () => {
  for (const [what, file, source] of ALLOWED) {
    assert.deepEqual(findings(file, source).map(({ message }) => message), [], what);
  }
});

Deno.test("rooms/no-crossing judges by the folder below the root, not by a name on the way", () => {
  const source = `import { x } from "../adapters/x.ts"; Deno.cwd();`;
  assert.equal(findings("/home/routes/domain/a.ts", source).length, 0);
  assert.equal(findings(new URL("domain/a.ts", ROOT).pathname, source).length, 2);
});

Deno.test("rooms/no-crossing finds nothing in domain/, routes/, adapters/ and wiring/", async () => {
  let files = 0;
  for (const room of ["domain", "routes", "adapters", "wiring"]) {
    for (const name of await readdir(new URL(room, ROOT), { recursive: true })) {
      if (!/\.tsx?$/.test(name)) continue;
      const file = `${room}/${name}`;
      const found = findings(file, await Deno.readTextFile(new URL(file, ROOT)));
      assert.deepEqual(found.map(({ message }) => message), [], file);
      files += 1;
    }
  }
  assert.ok(files > 0);
});
