import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { filledSize } from "../../../../domain/template/filled_size.ts";
import {
  MAX_DIRECTIVE_DEPTH,
  MAX_EXPRESSION_DEPTH,
  MAX_TEMPLATE_CHARACTERS,
  type TemplateFaultKind,
} from "../../../../domain/template/freemarker/fault.ts";
import {
  type LimitPassed,
  MAX_FILLED_CHARACTERS,
  MAX_ITERATIONS,
  TemplateStopped,
} from "../../../../domain/template/freemarker/limits.ts";
import { renderEmail } from "../../../../domain/template/email/email.ts";
import { renderSms } from "../../../../domain/template/sms/sms.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";
import {
  missingPersonalisation,
  type Personalisation,
} from "../../../../domain/template/template.ts";
import { parseFreemarker } from "../../../support/check_templates.ts";

const REFUSED: readonly (readonly [string, TemplateFaultKind, line: number, column: number])[] = [
  ["${x?new()}", "unknown-built-in", 1, 5],
  ["${'freemarker.template.utility.Execute'?new()('id')}", "unknown-built-in", 1, 41],
  ["${x?eval}", "unknown-built-in", 1, 5],
  ["${x?api.class}", "unknown-built-in", 1, 5],
  ["${x?interpret}", "unknown-built-in", 1, 5],
  ["${x?constructor}", "unknown-built-in", 1, 5],
  ["${x?__proto__}", "unknown-built-in", 1, 5],
  ["a\r\nb\n ${x?nothing}", "unknown-built-in", 3, 6],
  ["${x?eval_json}", "unknown-built-in", 1, 5],
  ["${x?has_api}", "unknown-built-in", 1, 5],
  ["${x?absolute_template_name}", "unknown-built-in", 1, 5],
  ["${x?namespace}", "unknown-built-in", 1, 5],
  ["${x?children}", "unknown-built-in", 1, 5],
  ["${x?toString}", "unknown-built-in", 1, 5],
  ["[#visit x]", "unknown-directive", 1, 1],
  ["[#recurse x]", "unknown-directive", 1, 1],
  ["[#fallback]", "unknown-directive", 1, 1],
  ["[#include 'x']", "unknown-directive", 1, 1],
  ["[#import 'x' as y]", "unknown-directive", 1, 1],
  ["[#noparse]", "unclosed", 1, 1],
  ["[#macro m]", "unclosed", 1, 1],
  ["[#function f]", "unclosed", 1, 1],
  ["[#assign x]a", "unclosed", 1, 1],
  ["[#constructor]", "unknown-directive", 1, 1],
  ["a [@m /]", "unknown-name", 1, 3],
  ["[@m]", "unclosed", 1, 1],
  ["[/@m]", "unopened", 1, 1],
  ["#{x", "unclosed", 1, 1],
  ["<p>\n<#if x>", "angle-bracket-directive", 2, 1],
  ["</#if>", "angle-bracket-directive", 1, 1],
  ["<@m/>", "angle-bracket-directive", 1, 1],
  ["<#-- x -->", "angle-bracket-directive", 1, 1],
  ["[#if x]", "unclosed", 1, 1],
  ["[#if x][#list y as z][/#list]", "unclosed", 1, 1],
  ["[#list y as z][#sep]", "unclosed", 1, 1],
  ["a ${x", "unclosed", 1, 3],
  ["${", "unclosed", 1, 1],
  ["[#if x", "unclosed", 1, 1],
  ['${"x}', "unclosed", 1, 3],
  ["[#-- x", "unclosed", 1, 1],
  ["[/#if]", "unopened", 1, 1],
  ["[#else]", "unopened", 1, 1],
  ["[#elseif x]", "unopened", 1, 1],
  ["[#sep]", "unopened", 1, 1],
  ["[#list x as y][/#if]", "unopened", 1, 15],
  ["[#if x][#else][#else][/#if]", "unopened", 1, 15],
  ["[#if x][#else][#elseif y][/#if]", "unopened", 1, 15],
  ["[#list x as y][#else][#sep][/#list]", "unopened", 1, 22],
  ["${}", "expression-not-valid", 1, 3],
  ["[#if][/#if]", "expression-not-valid", 1, 5],
  ["[#else x]", "expression-not-valid", 1, 1],
  ["[#list x][/#list]", "expression-not-valid", 1, 1],
  ["[#list x as y, z, a][/#list]", "expression-not-valid", 1, 1],
  ["${a b}", "expression-not-valid", 1, 5],
  ["${a + }", "expression-not-valid", 1, 7],
  ["${a.b(c)}", "expression-not-valid", 1, 6],
  ["${a(b)}", "unknown-name", 1, 4],
  ["${a[b}", "expression-not-valid", 1, 6],
  ["${a;b}", "expression-not-valid", 1, 4],
  ["${.vars}", "expression-not-valid", 1, 4],
  ["${.data_model}", "expression-not-valid", 1, 4],
  ["${.now}", "expression-not-valid", 1, 4],
  ["${.template_name}", "expression-not-valid", 1, 4],
  ["${a..b}", "expression-not-valid", 1, 1],
  ["${(a}", "expression-not-valid", 1, 5],
  ['${"${a b}"}', "expression-not-valid", 1, 8],
  ["${'\\q'}", "expression-not-valid", 1, 4],
  ["${a == b == c}", "expression-not-valid", 1, 10],
  ["${a?index}", "expression-not-valid", 1, 5],
  ["${a?join}", "expression-not-valid", 1, 5],
  ["${a?trim('x')}", "expression-not-valid", 1, 5],
  ["${a\0}", "expression-not-valid", 1, 4],
  ["${\ud800}", "expression-not-valid", 1, 3],
];
for (const [text, kind, line, column] of REFUSED) {
  Deno.test(`parseFreemarker refuses ${JSON.stringify(text)}: ${kind}`, () => {
    const parsed = parseFreemarker(text);
    assert.ok(!parsed.ok);
    const { message, ...fault } = parsed.refusal;
    assert.deepEqual(fault, { kind, line, column });
    assert.notEqual(message, "");
  });
}

Deno.test("parseFreemarker: accepts templates at the limits and refuses larger ones", () => {
  const kindOf = (text: string) => {
    const parsed = parseFreemarker(text);
    return parsed.ok ? undefined : parsed.refusal.kind;
  };
  const nested = (depth: number) => "[#if a]".repeat(depth) + "[/#if]".repeat(depth);
  assert.equal(kindOf(nested(MAX_DIRECTIVE_DEPTH)), undefined);
  assert.equal(kindOf(nested(MAX_DIRECTIVE_DEPTH + 1)), "nested-too-deep");
  for (
    const deep of [
      (depth: number) => "${" + "(".repeat(depth - 1) + "a" + ")".repeat(depth - 1) + "}",
      (depth: number) => "${a" + "?trim".repeat(depth - 1) + "}",
      (depth: number) => "${a" + ".b".repeat(depth - 1) + "}",
      (depth: number) => "${a" + "!a".repeat(depth - 1) + "}",
      (depth: number) => "[#if " + "!".repeat(depth - 1) + "a][/#if]",
    ]
  ) {
    assert.equal(kindOf(deep(MAX_EXPRESSION_DEPTH)), undefined, deep(1));
    assert.equal(kindOf(deep(MAX_EXPRESSION_DEPTH + 1)), "nested-too-deep", deep(1));
    assert.notEqual(kindOf(deep(200_000)), undefined, deep(1));
  }
  assert.equal(kindOf("a".repeat(MAX_TEMPLATE_CHARACTERS)), undefined);
  assert.equal(kindOf("a".repeat(MAX_TEMPLATE_CHARACTERS + 1)), "template-too-long");
});

const email = (body: string) =>
  parseTemplate({ channel: "email", syntax: "freemarker", subject: "s", body });

const list = (length: number) => Array.from({ length }, () => "x");

Deno.test("renderEmail: throws at the limits, where filledSize returns a size above the maximum", () => {
  const inner = "[#list xs as x]".repeat(8) + "lol" + "[/#list]".repeat(8);
  const cases: readonly (readonly [LimitPassed, string, Personalisation])[] = [
    ["iterations", inner, { xs: list(10) }],
    ["iterations", "[#list xs as x][/#list]", { xs: list(MAX_ITERATIONS + 1) }],
    ["characters", "${a}".repeat(5), { a: "y".repeat(MAX_FILLED_CHARACTERS / 5 + 1) }],
    ["characters", `[#list xs as x]${"z".repeat(1000)}[/#list]`, { xs: list(MAX_ITERATIONS) }],
    ["work", `[#list xs as x]${"[#if x == ''][/#if]".repeat(5000)}[/#list]`, {
      xs: list(MAX_ITERATIONS),
    }],
    ["work", "[#if a?upper_case == a][/#if]".repeat(100), { a: "y".repeat(1_000_000) }],
  ];
  for (const [limit, body, values] of cases) {
    const template = email(body);
    assert.ok(filledSize(template, values) > MAX_FILLED_CHARACTERS, limit);
    assert.deepEqual(missingPersonalisation(template, values), []);
    assert.throws(
      () => renderEmail(template, values, { serviceName: "" }),
      (error) => error instanceof TemplateStopped && error.limit === limit,
      body.slice(0, 40),
    );
  }
});

Deno.test("filledSize: accepts values at the limits", () => {
  assert.equal(
    filledSize(email("[#list xs as x]${x}[/#list]"), { xs: list(MAX_ITERATIONS) }),
    MAX_ITERATIONS + 1,
  );
  const a = "y".repeat(MAX_FILLED_CHARACTERS - 1);
  assert.equal(filledSize(email("${a}"), { a }), MAX_FILLED_CHARACTERS);
  assert.equal(filledSize(email("${a}${a}"), { a }), MAX_FILLED_CHARACTERS + 1);
});

const PARTS = [
  "${",
  "}",
  "[#if ",
  "]",
  "[#else]",
  "[/#if]",
  "[#list ",
  " as x",
  "[/#list]",
  "[#sep]",
  "x",
  "?trim",
  "?index",
  "!",
  "??",
  " == ",
  '"',
  "'",
  "(",
  ")",
  "[",
  ".",
  "a",
  "__proto__",
  "\\",
  "1",
  "\n",
  "[#--",
  "--]",
  "&&",
  "\ud800",
  "\0",
] as const;
const body = fc.array(fc.oneof(fc.constantFrom(...PARTS), fc.string({ maxLength: 3 })), {
  maxLength: 25,
}).map((parts) => parts.join(""));

Deno.test("parseFreemarker: never throws, reports positions in the text, and accepted templates render with any values", () => {
  const json = fc.jsonValue().map((x) => ({ x, a: x }));
  fc.assert(
    fc.property(fc.oneof(body, body.map((part) => `\${${part}}`)), json, (text, values) => {
      const parsed = parseFreemarker(text);
      if (!parsed.ok) {
        const lines = text.split(/\r\n|\n|\r/);
        const { line, column } = parsed.refusal;
        assert.ok(column >= 1 && column <= (lines[line - 1] ?? "").length + 1);
        return;
      }
      const source = { syntax: "freemarker", subject: null, body: text } as const;
      const template = parseTemplate({ ...source, channel: "sms" });
      const sent = renderSms(template, values, { prefix: undefined, encoding: "unicode" });
      assert.ok(sent.isWellFormed());
      renderEmail(email(text), values, { serviceName: "" });
      missingPersonalisation(template, values);
    }),
    { numRuns: 3000 },
  );
});
