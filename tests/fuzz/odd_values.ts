/** Values that parsers get wrong: numbers, texts and structures at and over every usual edge. */
import type { Choices } from "./choices.ts";

/** Texts that break parsers, templates, headers, paths or a database. */
export const ODD_TEXTS: readonly string[] = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\r\nX-Injected: 1",
  "\ud800",
  "a\udfff",
  "\u202e\u2066abc",
  "\ufeff",
  "👩‍👩‍👧‍👦".repeat(50),
  "é".repeat(300),
  "e\u0301".repeat(300),
  "((",
  "((a))",
  "((a??",
  "((a??((b))))",
  "((" + "a".repeat(2_000) + "))",
  "(".repeat(5_000),
  "((a??".repeat(1_000),
  "${a}",
  "${",
  "${" + "(".repeat(500),
  "[#if a]",
  "[#list 1..1000000 as x]x[/#list]",
  "<#list",
  "{a}",
  "<script>alert(1)</script>",
  "<" + "b".repeat(1_000),
  "<p>".repeat(1_000),
  "&".repeat(3_000),
  "*".repeat(2_000),
  "[".repeat(2_000),
  "[a](".repeat(500),
  "> ".repeat(500),
  "`".repeat(1_000),
  "#".repeat(1_000),
  "__proto__",
  "constructor",
  "toString",
  "null",
  "true",
  "NaN",
  "-0",
  "1e400",
  "9".repeat(400),
  "' OR 1=1 --",
  "%",
  "_",
  "../../etc/passwd",
  "%00",
  "%ff",
  "%E0%A4%A",
  "\\",
  '"',
  "2026-02-30T25:61:61Z",
  "9999-12-31T23:59:59Z",
  "-271821-04-20T00:00:00Z",
  "+44" + "7".repeat(300),
  "a@" + "b".repeat(300),
  "@".repeat(300),
  "a".repeat(64) + "@example.com",
  "00000000-0000-0000-0000-000000000000",
  "data:text/plain,x",
  "http://[::1",
  "x".repeat(100_000),
];

/** JSON literals that `JSON.stringify` would not write. */
const ODD_LITERALS: readonly string[] = [
  "1e400",
  "-1e400",
  "1e-400",
  "-0",
  "0.1e+99999",
  "9007199254740993",
  "123456789012345678901234567890",
  "9".repeat(900),
  "9".repeat(5_000),
  '"\\ud800"',
  '"\\u0000"',
  '{"__proto__":{"a":1}}',
  '{"a":1,"a":2}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"toJSON":1,"length":-1}',
];

/** A JSON text in place of a value: odd in type, size, depth or number of items. */
export function oddJson(choices: Choices): string {
  switch (choices.whole(0, 9)) {
    case 0:
      return choices.pick(["null", "true", "false", "0", "-1", '""', "[]", "{}"]);
    case 1:
      return choices.pick(ODD_LITERALS);
    case 2:
      return nest(choices.pick([2, 9, 10, 11, 50, 1_000]), choices.chance(0.5));
    case 3:
      return `[${Array.from({ length: choices.pick([2, 100, 1_001]) }, () => "1").join(",")}]`;
    case 4:
      return `{${
        Array.from({ length: choices.pick([2, 100, 1_001]) }, (_, at) => `"k${at}":""`).join(",")
      }}`;
    case 5:
      return JSON.stringify("a".repeat(choices.pick([256, 1_001, 20_000])));
    case 6:
      return String(choices.pick([1.5, 2 ** 31, 2 ** 53, 2 ** 63, -(2 ** 31)]));
    default:
      return JSON.stringify(choices.pick(ODD_TEXTS));
  }
}

function nest(depth: number, asList: boolean): string {
  return asList
    ? "[".repeat(depth) + "]".repeat(depth)
    : '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
}
