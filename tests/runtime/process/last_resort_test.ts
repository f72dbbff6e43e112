import assert from "node:assert/strict";
import { isConnectionError } from "../../../runtime/process/last_resort.ts";
import { makeFolder, run } from "../../support/process.ts";

const MODULE = new URL("../../../runtime/process/last_resort.ts", import.meta.url);

/** Runs a program with the handlers, which prints log entries and how it is drained. */
async function runWith(program: string) {
  await using folder = await makeFolder();
  const entry = new URL(`file://${folder.path}/program.ts`);
  await Deno.writeTextFile(
    entry,
    `import { handleLastResort } from "${MODULE}";
     handleLastResort((entry) => console.log(JSON.stringify(entry)), (code) => Deno.exit(code));
     setTimeout(() => Deno.exit(0), 300);
     ${program}`,
  );
  const { code, stdout, stderr } = await run([], { folder }, entry);
  assert.equal(stderr, "");
  return { code, entry: JSON.parse(stdout) };
}

Deno.test("handleLastResort: logs an unhandled rejection without its message, and goes on", async () => {
  const { code, entry } = await runWith(`Promise.reject(new RangeError("ann@example.com"));`);
  assert.equal(code, 0);
  assert.deepEqual([entry.event, entry.error], ["unhandled-rejection", "RangeError"]);
  assert.doesNotMatch(JSON.stringify(entry), /ann@/);
});

Deno.test("handleLastResort: drains with 70 when an error is uncaught", async () => {
  const { code, entry } = await runWith(`setTimeout(() => { throw new TypeError("ann"); });`);
  assert.equal(code, 70);
  assert.deepEqual([entry.event, entry.error, entry.ends], ["uncaught-error", "TypeError", true]);
});

Deno.test("handleLastResort: goes on when an uncaught error concerns one connection", async () => {
  const { code, entry } = await runWith(
    `setTimeout(() => { throw Object.assign(new Error("reset"), { code: "ECONNRESET" }); });`,
  );
  assert.equal(code, 0);
  assert.deepEqual([entry.event, entry.code, entry.ends], ["uncaught-error", "ECONNRESET", false]);
});

Deno.test("isConnectionError: goes by the code, then the name", () => {
  assert(isConnectionError(Object.assign(new Error(), { code: "EPIPE" })));
  assert(isConnectionError(new Deno.errors.BrokenPipe()));
  assert(!isConnectionError(new TypeError("reset")));
  assert(!isConnectionError("reset"));
});
