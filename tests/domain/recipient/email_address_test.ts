import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { parseEmailAddress } from "../../../domain/recipient/email_address.ts";
import { toAsciiHost } from "../../../domain/recipient/idna.ts";
import { encodePunycode } from "../../../domain/recipient/punycode.ts";

Deno.test("parseEmailAddress: keeps the typed address, and normalises to lower case", () => {
  const result = parseEmailAddress(" \u200bFirst.O'Last+Tag@Example.COM\u00a0\n");
  assert.deepEqual(result, {
    ok: true,
    value: { address: "First.O'Last+Tag@Example.COM", normalised: "first.o'last+tag@example.com" },
  });
});

Deno.test("parseEmailAddress: accepts what GOV.UK Notify accepts", () => {
  for (
    const typed of [
      ".dots.@example.com",
      `${"a".repeat(300)}@example.com`,
      "a@example.xn--p1ai",
      "a@bücher.example",
      "a@例え.テスト",
      "a@例え。com",
      "a@a--b.com",
    ]
  ) assert.ok(parseEmailAddress(typed).ok, typed);
});

Deno.test("parseEmailAddress: refuses what GOV.UK Notify refuses", () => {
  for (
    const typed of [
      "",
      "@example.com",
      "a@",
      "a@b@example.com",
      "a@localhost",
      "a@example.com.",
      "a@.example.com",
      "a..b@example.com",
      "a@exam_ple.com",
      "a@-start.com",
      "a@end-.com",
      "a@a---b.com",
      "a@127.0.0.1",
      "a@[127.0.0.1]",
      "a@example.123",
      '"a"@example.com',
      "a;b@example.com",
      "é@example.com",
      "a b@example.com",
      "a@exam ple.com",
      `a@${"b".repeat(64)}.com`,
      `a@${"b.".repeat(130)}com`,
      `${"a".repeat(309)}@example.com`,
      "a@%41.com",
      "a@\u05d0b.com",
    ]
  ) assert.ok(!parseEmailAddress(typed).ok, typed);
});

Deno.test("encodePunycode: encodes the samples of RFC 3492", () => {
  assert.equal(encodePunycode("bücher"), "bcher-kva");
  assert.equal(encodePunycode("他们为什么不说中文"), "ihqwcrb4cv8a8dqg056pqjye");
  assert.equal(encodePunycode("3年b組金八先生"), "3b-ww4c5e180e575a65lsy2b");
  assert.equal(encodePunycode("-> $1.00 <-"), "-> $1.00 <--");
});

Deno.test("toAsciiHost: folds, maps and prohibits by nameprep", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["Example.COM", "Example.COM"],
    ["FAß.de", "fass.de"],
    ["ＢÜcher｡de", "xn--bcher-kva.de"],
    ["a\u00ad\u200db.de", "ab.de"],
    ["אבג.example", "xn--4dbcd.example"],
    ["אb.example", undefined],
    ["xn--é.example", undefined],
    ["\ue000.example", undefined],
    ["\u00ad.example", undefined],
  ];
  for (const [host, ascii] of cases) assert.equal(toAsciiHost(host), ascii, host);
});

Deno.test("parseEmailAddress: accepts any text, and parses its result as the same address", () => {
  const text = fc.oneof(fc.emailAddress(), fc.string({ unit: "binary" }));
  fc.assert(fc.property(text, (typed) => {
    const result = parseEmailAddress(typed);
    if (result.ok) assert.deepEqual(parseEmailAddress(result.value.address), result);
  }));
});
