import assert from "node:assert/strict";
import { knownFormats, MAX_KNOWN_FORMATS } from "../../../domain/time/known_formats.ts";

Deno.test("knownFormats: makes each format once, and drops the first beyond the limit", () => {
  const made: string[] = [];
  const formatOf = knownFormats((key) => {
    made.push(key);
    return new Intl.DateTimeFormat("en-GB", { timeZone: "UTC" });
  });
  const keys = Array.from({ length: MAX_KNOWN_FORMATS }, (_, n) => `zone ${n}`);
  const first = formatOf("zone 0");
  for (const key of [...keys, ...keys]) formatOf(key);
  assert.deepEqual(made, keys);
  assert.equal(formatOf("zone 0"), first);

  formatOf("one more");
  for (const key of keys.slice(1)) formatOf(key);
  assert.deepEqual(made.slice(keys.length), ["one more"]);
  formatOf("zone 0");
  assert.deepEqual(made.slice(keys.length), ["one more", "zone 0"]);
});
