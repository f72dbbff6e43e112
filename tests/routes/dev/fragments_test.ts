import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { measureSms, SMS_FRAGMENTS } from "../../../domain/template/sms/sms.ts";
import { cutFragments } from "../../../routes/dev/fragments.ts";
import { test } from "../../support/runner.ts";

function cut(text: string): readonly string[] {
  return cutFragments(text, measureSms(text)).map(({ start, end }) => text.slice(start, end));
}

test.inside("cutFragments: cuts at the length of a fragment", () => {
  const a = (length: number) => "a".repeat(length);
  const p = (length: number) => "п".repeat(length);
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["", [""]],
    [a(160), [a(160)]],
    [a(161), [a(153), a(8)]],
    [a(306), [a(153), a(153)]],
    [p(70), [p(70)]],
    [p(71), [p(67), p(4)]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(cut(text), expected);
});

test.inside("cutFragments: keeps escapes and surrogate pairs together", () => {
  const a = "a".repeat(152);
  assert.deepEqual(cut(`${a}€${a}`), [a, `€${a.slice(1)}`, "a"]);
  const p = "п".repeat(66);
  assert.deepEqual(cut(`${p}🎉ппп`), [p, "🎉ппп"]);
});

test.inside("cutFragments: loses nothing, splits no character and overfills no fragment", () => {
  const character = fc.constantFrom("a", "€", "{", "п", "🎉", "\n");
  fc.assert(fc.property(fc.string({ unit: character, maxLength: 400 }), (text) => {
    const measure = measureSms(text);
    const fragments = cutFragments(text, measure);
    const parts = fragments.map(({ start, end }) => text.slice(start, end));
    const { single, part } = SMS_FRAGMENTS[measure.encoding];
    const capacity = fragments.length === 1 ? single : part;
    assert.equal(parts.join(""), text);
    assert.ok(parts.every((piece) => piece.isWellFormed()));
    assert.ok(fragments.every(({ units }) => units <= capacity));
    assert.ok(fragments.length >= measure.fragments);
  }));
});
