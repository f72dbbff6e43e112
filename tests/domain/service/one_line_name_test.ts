import assert from "node:assert/strict";
import { MAX_NAME, nameFaultOf } from "../../../domain/service/one_line_name.ts";

Deno.test("nameFaultOf: accepts names of every script, emoji and flags", () => {
  const names = [
    "Vehicle tax",
    "Податок",
    "ضريبة السيارات",
    "מס רכב",
    "می\u200cخواهم",
    "👩\u200d🚒 Fire",
    "❤\ufe0f",
    "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} Scotland",
    "x".repeat(MAX_NAME),
  ];
  for (const name of names) assert.equal(nameFaultOf(name), undefined, name);
});

Deno.test("nameFaultOf: refuses every bidirectional control character and other invisible ones", () => {
  const range = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const invisible = [
    ...range(0x202a, 0x202e),
    ...range(0x2066, 0x2069),
    ...[0x00ad, 0x061c, 0x180e, 0x200b, 0x200e, 0x200f, 0x2060, 0x3164, 0xfeff, 0xfff9, 0xe0001],
  ];
  for (const point of invisible) {
    const name = `a${String.fromCodePoint(point)}b`;
    assert.equal(nameFaultOf(name), "invisible", point.toString(16));
  }
});

Deno.test("nameFaultOf: names the first fault", () => {
  const cases = [
    ["", "missing"],
    [" \u00a0 ", "missing"],
    ["\u200b\u2066", "missing"],
    ["x".repeat(MAX_NAME + 1), "too-long"],
    ["a\nb", "not-one-line"],
    ["a\u2028b", "not-one-line"],
    ["a\ud800", "not-one-line"],
  ] as const;
  for (const [name, fault] of cases) assert.equal(nameFaultOf(name), fault, JSON.stringify(name));
});
