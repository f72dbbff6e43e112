import assert from "node:assert/strict";
import { MAX_ITERATIONS } from "../../../../domain/template/freemarker/limits.ts";
import { parseFreemarker } from "../../../support/check_templates.ts";

/** Templates that fail with any values, with the column of the fault and what is said. */
const REFUSED: readonly (readonly [template: string, column: number, words: RegExp])[] = [
  ["${n?string('0.00E0')}", 1, /no format of numbers/],
  ["a[#assign n = 5]${n?string('0.00E0')}", 17, /no value/],
  ["${d?string('dd.MM.yyyy')}", 1, /no format of numbers.*\?date/],
  ["${d?string.short}", 1, /no format of numbers/],
  ["[#list xs as x]${x.d?string('dd.MM.yyyy')}[/#list]", 16, /no format of numbers/],
  ["${d?iso_utc}", 1, /needs a date/],
  ["${'абв'?date('yyyy')}", 1, /no value/],
  // 999,999,999 years are beyond what a date can be.
  [`\${'${"9".repeat(99)}'?date('${"y".repeat(90)}')}`, 1, /no value/],
  ["${'999999999'?date('yyyyyyyyy')}", 1, /no value/],
  ["[#assign s = 'абв']${s?number}", 20, /no value/],
  ["[#setting date_format='QQQ']${x?date}", 29, /format of dates/],
  ["a[#stop]", 2, /stops every message/],
  ["[#macro m][#stop][/#macro]a[@m/]", 11, /stops every message/],
  ["a${.error}", 2, /\[#recover\]/],
  ["[#attempt]${x}[#recover]a[/#attempt]${.error}", 37, /\[#recover\]/],
  ["[#macro m]${.error}[/#macro][@m/]", 11, /no value/],
  ["[#assign m = {'a': 1}]${m.b}", 23, /no value/],
  ["[#assign m = [1, 2]]${m[5]}", 21, /no value/],
  ["[#assign n = 0][#if x]${10 / n}[/#if]", 23, /no value/],
  ["[#list 1..3 as n]${5 / (n - 2)}[/#list]", 18, /no value/],
  ["[#assign v += 1][#assign v = 1]", 1, /no value to change/],
  ["[#assign v = 'a'][#assign v += [x]]${v}", 18, /cannot be added/],
  ["[#assign v = x == y]${v}", 21, /no text/],
  ["[#macro m p]${p}[/#macro][#list xs as x][@m true/][/#list]", 13, /no text/],
  ["[#function f p][#return p?string('0.0E0')][/#function]${f(x)}", 55, /no format of numbers/],
  ["[#switch x?length][#case 'a']b[/#switch]", 19, /cannot be compared/],
  ["${x[0..1]?int}", 1, /cannot be applied/],
  ["[#list 1.. as x]a[/#list]", 1, new RegExp(`${MAX_ITERATIONS} times`)],
  [`[#list 1..${MAX_ITERATIONS + 1} as x]a[/#list]`, 1, new RegExp(`${MAX_ITERATIONS} times`)],
  ["[#macro m]a[@m/][/#macro][@m/]", 12, /nest too deep/],
  ["${x?size?boolean?c}", 1, /cannot be applied to a number/],
  ["${x?date('yyyy')?size}", 1, /cannot be applied to a date/],
  ["${x?string.percent?size}", 1, /cannot be applied to a text/],
  ["${n}[#list n as x]a[/#list]", 5, /n is a text before, and a list here/],
  ["[#list n as x]a[/#list]${n}", 24, /n is a list before, and a text here/],
  ["${p.n}[#list p.n as x]a[/#list]", 7, /p\.n is a text before/],
  ["${p.n}${p}", 7, /p is an object before, and a text here/],
  ["[#if n]a[/#if]${n}", 15, /n is true or false before/],
  ["[#if n == 'a']b[/#if][#list n as x]a[/#list]", 22, /n is a text before/],
  ["[#switch n][#case 'a']b[/#switch][#list n as x]a[/#list]", 34, /n is a text before/],
  ["${n?upper_case}${n?size}", 16, /n is a text before/],
  ["${n * 2}${n?keys?size}", 9, /n is a number before/],
  ["${n * 2}[#if n == 'a']b[/#if]", 9, /n is a number before, and a text here/],
  ["${n}[#list n! as x]a[/#list]", 5, /n is a text before/],
  ["[#macro m][#list n as x]a[/#list][/#macro]${n}[@m/]", 11, /n is a text before/],
  ["[#list 1..2 as i]${n}[/#list][#list n as x]a[/#list]", 30, /n is a text before/],
  ["[#attempt]${x}[#recover]a[/#attempt]${n}[#list n as x]a[/#list]", 41, /n is a text/],
];

for (const [template, column, words] of REFUSED) {
  Deno.test(`parseFreemarker: refuses ${template}, which fails with any values`, () => {
    const parsed = parseFreemarker(template);
    assert.ok(!parsed.ok);
    const { kind, line, message } = parsed.refusal;
    assert.deepEqual([kind, line, parsed.refusal.column], ["expression-not-valid", 1, column]);
    assert.match(message, words);
    assert.ok(
      parseFreemarker(template, { isStored: true }).ok,
      "a stored version is sent as before",
    );
  });
}

/** Templates whose failure, if any, depends on values, or that the platform sends. */
const ACCEPTED: readonly string[] = [
  "[#if x][#stop][/#if]a",
  "[#list xs as x][#stop][/#list]a",
  "[#macro m][#stop][/#macro]a",
  "[#attempt][#stop][#recover]a[/#attempt]",
  "[#attempt]${x}[#recover]${.error}[/#attempt]",
  "[#macro m]${.error}[/#macro][#attempt]${x}[#recover][@m/][/#attempt]",
  "[#attempt]${x?string('0.0')}[#recover]a[/#attempt]",
  "[#assign n = 0][#if n != 0]${10 / n}[/#if]a",
  "[#assign n = 0][#if x && n != 0]${10 / n}[/#if]a",
  "[#assign n = 0][#list xs as x][#assign n += x][/#list]${10 / n}",
  "[#assign s = ''][#if x][#assign s = y][/#if]${s?date('yyyy')}",
  "[#assign d = x?date('yyyy-MM-dd')]${d?string('dd.MM.yyyy')}",
  "[#assign m = {'a': 1}]${m.b!}",
  `[#list 1..${MAX_ITERATIONS} as x]a[/#list]`,
  "[#list 1.. as n][#if n > 5][#break][/#if]a[/#list]",
  "[#macro m n]a[#if n > 0][@m n - 1/][/#if][/#macro][@m 3/]",
  "[#macro m n]a[#if x[n]??][@m n + 1/][/#if][/#macro][@m 0/]",
  "[#setting boolean_format='так,ні']${x??} ${'a' + x???c}",
  "[#if n?is_string]${n}[#else][#list n as x]${x}[/#list][/#if]",
  "[#setting boolean_format='так,ні']${x?has_content?upper_case}[#if n]${n?upper_case}[/#if]",
  "[#if a][#list n as x]${x}[/#list][/#if]${n}",
  "${n}[#if n?is_sequence][#list n as x]${x}[/#list][/#if]",
  "${n!}[#list n! as x]${x}[/#list]",
  "${n?has_content?c}[#list n as x]${x}[/#list]",
  "[#attempt]${n}[#recover][/#attempt][#list n as x]${x}[/#list]",
  "${n}[#assign n = [1]][#list n as x]${x}[/#list]",
  "${n}[#list m as n][#list n as x]${x}[/#list][/#list]",
  "${n}[#if a][#stop][/#if][#list n as x]${x}[/#list]",
  "[#macro m n][#list n as x]${x}[/#list][/#macro]${n}[@m [1]/]",
  "${n}${n * 2}${n?string('0.0')}[#if n == 5]a[/#if]",
  "[#setting boolean_format='так,ні'][#if n]a[/#if]${n}",
  "${n?upper_case}[#if n == 'a']a[/#if]${n?length}${n[0]}${'a' + n}",
  "[#list n as x]${x}[/#list]${n?size}${n?join(', ')}${n[0]}",
  "${n.a}${n?size}${n['b']}[#list n as k, v]${k}[/#list]",
];

for (const template of ACCEPTED) {
  Deno.test(`parseFreemarker: accepts ${template}`, () => {
    const parsed = parseFreemarker(template);
    assert.ok(parsed.ok, parsed.ok ? "" : parsed.refusal.message);
  });
}
