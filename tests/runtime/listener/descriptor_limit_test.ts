import assert from "node:assert/strict";
import {
  fitConnections,
  parseDescriptorLimit,
} from "../../../runtime/listener/descriptor_limit.ts";

Deno.test("parseDescriptorLimit: reads the soft limit of open files", () => {
  const text = "Limit                     Soft Limit           Hard Limit           Units     \n" +
    "Max processes             63704                63704                processes \n" +
    "Max open files            1024                 524288               files     \n";
  assert.equal(parseDescriptorLimit(text), 1024);
  assert.equal(parseDescriptorLimit("Max open files            unlimited"), undefined);
});

for (
  const [wanted, limit, fits] of [
    [700, undefined, 700],
    [700, 900, 700],
    [700, 899, 699],
    [700, 400, 200],
    [700, 399, 200],
    [700, 128, 64],
    [700, 1, 1],
    [10, 128, 10],
  ] as const
) {
  Deno.test(`fitConnections: returns ${fits} when ${wanted} are wanted of ${limit} descriptors`, () => {
    assert.equal(fitConnections(wanted, limit), fits);
  });
}
