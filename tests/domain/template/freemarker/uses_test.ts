import assert from "node:assert/strict";
import type { Segment } from "../../../../domain/template/segments.ts";
import { expand } from "../../../../domain/template/freemarker/expand.ts";
import { parseFreemarker } from "../../../support/check_templates.ts";

/** Uses of a value `n`, each of which some value is good for. */
const USES: readonly string[] = [
  "${n}",
  "${n!}",
  "${n!'a'}",
  "${n?c}",
  "${n + 1}",
  "${n + 'a'}",
  "${n * 2}",
  "${-n}",
  "${n?upper_case}",
  "${n?length}",
  "${n?size}",
  "${(n!)?size}",
  "${n?string('a', 'b')}",
  "${n?string('0.0')}",
  "${n?then('a', 'b')}",
  "${n?first!'a'}",
  "${n?keys?size}",
  "${n?number}",
  "${n?date('yyyy')?string('yyyy')}",
  "${n?has_content?c}",
  "${n???c}",
  "${n?is_string?c}",
  "${n.a}",
  "${n.a!}",
  "${n[0]}",
  "${n['a']}",
  "${n[0..0]?size}",
  "${'${n}'}",
  "${n == 1}${n?c}",
  "[#list n as x]a[/#list]",
  "[#list n as k, v]a[/#list]",
  "[#list n! as x]a[/#list]",
  "[#list 1..n as x]a[/#list]",
  "[#list n + [1] as x]a[/#list]",
  "[#list n?split('a') as x]a[/#list]",
  "[#if n]a[/#if]",
  "[#if !n]a[/#if]",
  "[#if n && true]a[/#if]",
  "[#if n == 'a']a[/#if]",
  "[#if n == 1]a[/#if]",
  "[#if n != true]a[/#if]",
  "[#if n > 1]a[/#if]",
  "[#if n?has_content]a[/#if]",
  "[#switch n][#case 1]a[/#switch]",
  "[#switch n][#case 'a']a[/#switch]",
  "[#assign m = n]${m?has_content?c}",
  "[#escape x as x?html]${n}[/#escape]",
  "[#attempt]${n}[#recover]a[/#attempt]",
  "[#macro q p]${p}[/#macro][@q n/]",
  "[#macro r][#list n as x]a[/#list][/#macro][@r/]",
];
const VALUES: readonly unknown[] = [
  undefined,
  null,
  "",
  "a",
  "1",
  "2026",
  0,
  1,
  2.5,
  true,
  false,
  [],
  ["a"],
  [1],
  [[1]],
  [{ a: "b" }],
  {},
  { a: "b" },
  { a: 1, b: ["c"] },
];

/** Whether a template can be sent with some value of `n`. */
function isSendable(template: string): boolean {
  const parsed = parseFreemarker(template, { isStored: true });
  assert.ok(parsed.ok, template);
  // A boolean that a stored template shows as `true` is refused in a new one.
  const segments = parsed.value.map((one): Segment => {
    if (typeof one === "string" || one.kind !== "output") return one;
    const { writesBooleans: _, ...output } = one;
    return output;
  });
  return VALUES.some((value) => {
    let missing = 0;
    const values = new Map(value === undefined ? [] : [["n", value] as const]);
    expand(segments, values, false, () => undefined, () => missing++);
    return missing === 0;
  });
}

const USABLE = USES.filter((use) => parseFreemarker(use).ok);

Deno.test("parseFreemarker: refuses no two uses of a value which one value is good for", () => {
  const wrong: string[] = [];
  for (const first of USABLE) {
    for (const second of USABLE) {
      const template = first + second;
      const parsed = parseFreemarker(template);
      if (parsed.ok) continue;
      if (isSendable(template)) wrong.push(`${template}: ${parsed.refusal.message}`);
    }
  }
  assert.deepEqual(wrong, []);
});
