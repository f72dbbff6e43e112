import assert from "node:assert/strict";
import {
  areLinked,
  findNpmAncestors,
  type ProcessFacts,
  readProcess,
} from "../../../runtime/process/ancestors.ts";

const NPX: Readonly<Record<number, ProcessFacts>> = {
  40: { parent: 30, commandLine: "deno task start " },
  30: { parent: 20, commandLine: "sh -c 'deno' task start " },
  20: { parent: 10, commandLine: "npm exec deno@2.9.6 task start " },
  10: { parent: 1, commandLine: "-bash " },
};
const readFrom = (table: Readonly<Record<number, ProcessFacts>>) => (pid: number) => table[pid];

Deno.test("findNpmAncestors: returns the processes up to npm", () => {
  assert.deepEqual(findNpmAncestors(40, readFrom(NPX)), [40, 30, 20]);
});

Deno.test("findNpmAncestors: returns none when a shell alone has started deno", () => {
  const table = { ...NPX, 20: { parent: 10, commandLine: "tmux " } };
  assert.deepEqual(findNpmAncestors(40, readFrom(table)), []);
  assert.deepEqual(findNpmAncestors(40, () => undefined), []);
});

Deno.test("areLinked: is false when a process in between has ended", () => {
  assert(areLinked([40, 30, 20], readFrom(NPX)));
  assert(areLinked([], readFrom(NPX)));
  const orphaned = { 40: { parent: 1, commandLine: "deno task start " } };
  assert(!areLinked([40, 30, 20], readFrom(orphaned)));
});

Deno.test({
  name: "readProcess: reads a process's parent and command line",
  ignore: Deno.build.os !== "linux",
  fn() {
    assert.equal(readProcess(Deno.pid)?.parent, Deno.ppid);
    assert.match(readProcess(Deno.pid)?.commandLine ?? "", /deno/);
    assert.equal(readProcess(2 ** 30), undefined);
  },
});
