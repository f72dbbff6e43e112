import assert from "node:assert/strict";
import { access, readFile } from "node:fs/promises";
import { STATUS_TABLE } from "../../domain/notification/status.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("docs/adding_a_status.md: names files that exist and every column of the table", async () => {
  const page = await readFile(new URL("docs/adding_a_status.md", ROOT), "utf8");
  const paths = [...page.matchAll(/`([a-z_0-9/]+\.ts)`/g)].map(([, path = ""]) => path);
  assert.ok(paths.length >= 6);
  for (const path of paths) await access(new URL(path, ROOT));
  for (const column of Object.keys(STATUS_TABLE.created)) {
    assert.ok(page.includes(`\`${column}\``), column);
  }
});

Deno.test("docs/adding_a_status.md: names what is in the files", async () => {
  const read = (path: string) => readFile(new URL(path, ROOT), "utf8");
  assert.match(await read("domain/notification/status.ts"), /^const ROWS = /m);
  assert.match(await read("domain/delivery/receipt.ts"), /^export const RECEIPT_KINDS = /m);
  const transitions = await read("adapters/libsql/notifications/status_transition.ts");
  assert.match(transitions, /^const SUBSCRIBERS: /m);
  assert.match(transitions, /^export function transition\(/m);
  assert.match(transitions, /^export function leaveOutbox\(/m);
});
