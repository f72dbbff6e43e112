import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { parseUuid } from "../../domain/ids.ts";

const CANONICAL = "2ebe4da8-17be-49fe-b02f-dff2760261a0";

Deno.test("parseUuid: reads every form that Python's uuid.UUID reads", () => {
  const forms = [
    CANONICAL,
    CANONICAL.toUpperCase(),
    CANONICAL.replaceAll("-", ""),
    `{${CANONICAL}}`,
    `urn:uuid:${CANONICAL}`,
    "2-ebe4da817be49feb02fdff2760261a0",
  ];
  for (const form of forms) assert.equal(parseUuid(form), CANONICAL, form);
});

Deno.test("parseUuid: refuses anything else", () => {
  const wrong = [
    "",
    "x",
    ` ${CANONICAL}`,
    `${CANONICAL}\n`,
    CANONICAL.slice(1),
    `${CANONICAL}0`,
    CANONICAL.replace("e", "g"),
    123,
    null,
    undefined,
    {},
  ];
  for (const value of wrong) assert.equal(parseUuid(value), undefined, String(value));
});

Deno.test("parseUuid: returns a canonical UUID or nothing, and its own output back", () => {
  fc.assert(fc.property(fc.oneof(fc.uuid(), fc.string()), (text) => {
    const parsed = parseUuid(text);
    if (parsed === undefined) return;
    assert.match(parsed, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(parseUuid(parsed), parsed);
  }));
});
