import assert from "node:assert/strict";
import {
  findJsonShapeFault,
  JSON_LIMITS,
  JSON_LIST_LIMITS,
  MAX_ARRAY_ITEMS,
  MAX_JSON_NODES,
  MAX_KEY_CHARACTERS,
  MAX_LIST_NODES,
  MAX_NUMBER_CHARACTERS,
} from "../../../domain/json/json_shape.ts";
import { runSteps } from "../../../domain/steps/steps.ts";

const fault = (text: string, limits = JSON_LIMITS) =>
  runSteps(findJsonShapeFault(text, limits))?.limit;
const many = (count: number, item: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => item(at)).join(",");

Deno.test("findJsonShapeFault: allows each limit and refuses one more", () => {
  const cases: readonly [limit: string, atLimit: string, over: string][] = [
    ["depth", "[".repeat(10) + "]".repeat(10), "[".repeat(11) + "]".repeat(11)],
    [
      "objectKeys",
      `{${many(1_000, (at) => `"k${at}":1`)}}`,
      `{${many(1_001, (at) => `"k${at}":1`)}}`,
    ],
    ["nodes", `[${many(99_999, () => "1")}]`, `[${many(100_000, () => "1")}]`],
    ["keyCharacters", `{"${"k".repeat(1_000)}":1}`, `{"${"k".repeat(1_001)}":1}`],
    ["numberCharacters", `[${"9".repeat(1_000)}]`, `[${"9".repeat(1_001)}]`],
  ];
  for (const [limit, atLimit, over] of cases) {
    assert.equal(fault(atLimit), undefined, `${limit} at the limit`);
    assert.equal(fault(over), limit, `${limit} over the limit`);
  }
});

Deno.test("findJsonShapeFault: counts the keys of each object by itself", () => {
  const object = `{${many(600, (at) => `"k${at}":1`)}}`;
  assert.equal(fault(`[${object},${object}]`), undefined);
  assert.equal(fault(`{"a":${object},"b":${object}}`), undefined);
});

Deno.test("findJsonShapeFault: does not count what stands in strings", () => {
  for (const text of ["[".repeat(50), ",".repeat(200_000), '\\"[['.repeat(20), "9".repeat(5_000)]) {
    assert.equal(fault(JSON.stringify({ text })), undefined);
    assert.equal(fault(JSON.stringify([`${text}\\`, `\\\\${text}`])), undefined);
  }
});

Deno.test("findJsonShapeFault: reads a text that is not JSON to its end", () => {
  for (const text of ["", '"', '{"a', '"\\', "}}]]", "[[}", ":::", "-", "1e", "\u0000"]) {
    assert.equal(fault(text), undefined, text);
  }
});

Deno.test("findJsonShapeFault: counts the items of each array by itself", () => {
  const limits = { ...JSON_LIMITS, arrayItems: 3 };
  const of = (text: string) => fault(text, limits);
  for (
    const text of [
      "[1,2,3]",
      "[[1,2,3],[1,2,3]]",
      '{"a":1,"b":2,"c":3,"d":4}',
      '[{"a":[1,2],"b":1}]',
    ]
  ) {
    assert.equal(of(text), undefined, text);
  }
  for (const text of ["[1,2,3,4]", "[[],[],[],[]]", '{"a":[1,2,{"b":1,"c":2},4]}']) {
    assert.equal(of(text), "arrayItems", text);
  }
});

Deno.test("JSON_LIMITS: are those that the documentation states", () => {
  assert.deepEqual(JSON_LIMITS, {
    depth: 10,
    nodes: 100_000,
    objectKeys: 1_000,
    arrayItems: 100_000,
    keyCharacters: 1_000,
    numberCharacters: 1_000,
  });
  assert.deepEqual(
    [MAX_JSON_NODES, MAX_ARRAY_ITEMS, MAX_KEY_CHARACTERS, MAX_NUMBER_CHARACTERS, MAX_LIST_NODES],
    [100_000, 100_000, 1_000, 1_000, 1_000_000],
  );
  const row = (items: number) => `[${many(items, () => "1")}]`;
  const list = (last: number) => `[${many(9, () => row(99_999))},${row(last)}]`;
  assert.equal(fault(list(99_998), JSON_LIST_LIMITS), undefined);
  assert.equal(fault(list(99_999), JSON_LIST_LIMITS), "nodes");
});
