import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { exactValues, fill } from "../../../../domain/template/fill.ts";
import { filledSize } from "../../../../domain/template/filled_size.ts";
import { MAX_FILLED_CHARACTERS } from "../../../../domain/template/freemarker/limits.ts";
import { renderEmail } from "../../../../domain/template/email/email.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";
import { missingPersonalisation } from "../../../../domain/template/template.ts";
import { checkTemplate } from "../../../support/check_templates.ts";

const NAMES = ["a", "b", "xs", "m", "s", "n"] as const;
const name = fc.constantFrom(...NAMES);
const BUILT_INS = [
  "upper_case",
  "cap_first",
  "capitalize",
  "trim",
  "length",
  "html",
  "js_string",
  "size",
  "keys",
  "values",
  "first",
  "last",
  "reverse",
  "sort",
  "sort_by('a')",
  "join(', ')",
  "split(',')",
  "split('a*', 'r')",
  "replace('a', 'bb')",
  "replace('(a|b)*', '$1-', 'r')",
  "matches('(a+)+b')",
  "left_pad(20)",
  "left_pad(n)",
  "substring(1)",
  "truncate(3)",
  "number",
  "string",
  "string('0.00')",
  "string('yes', 'no')",
  "c",
  "round",
  "int",
  "abs",
  "lower_abc",
  "chunk(2)",
  "chunk(n)",
  "filter(i -> i != 1)",
  "map(i -> i + 1)",
  "then('y', 'n')",
  "switch(1, 'one', 'other')",
  "has_content",
  "is_string",
  "date('yyyy-MM-dd')",
  "datetime.iso",
  "number_to_date",
  "iso_utc",
  "string('dd.MM.yyyy')",
  "seq_contains(1)",
  "max",
  "index_of('a')",
  "keep_after('-')",
  "url('UTF-8')",
  "eval",
  "api",
  "nothing",
] as const;

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    name,
    fc.constantFrom(
      "1",
      "0",
      "2.5",
      "-3",
      "'x'",
      '"a ${b} c"',
      "true",
      "[]",
      "[1, 'a']",
      "{'a': 1}",
      "1..3",
    ),
    fc.tuple(tie("expression"), fc.constantFrom(...BUILT_INS)).map(([of, by]) => `${of}?${by}`),
    fc.tuple(tie("expression"), fc.constantFrom("+", "-", "*", "/", "%"), tie("expression"))
      .map(([left, by, right]) => `(${left} ${by} ${right})`),
    fc.tuple(
      tie("expression"),
      fc.constantFrom("==", "!=", "lt", "gte", "&&", "||"),
      tie("expression"),
    )
      .map(([left, by, right]) => `(${left} ${by} ${right})`),
    tie("expression").map((of) => `(${of})!`),
    tie("expression").map((of) => `(${of})!'d'`),
    tie("expression").map((of) => `(${of})??`),
    tie("expression").map((of) => `!(${of})`),
    fc.tuple(tie("expression"), tie("expression")).map(([of, key]) => `${of}[${key}]`),
    fc.tuple(tie("expression"), name).map(([of, field]) => `${of}.${field}`),
    fc.tuple(tie("expression"), tie("expression")).map(([of, to]) => `${of}[0..${to}]`),
    tie("expression").map((of) => `f(${of})`),
  ),
}));

const { body } = fc.letrec<{ body: string }>((tie) => {
  const part = tie("body");
  return {
    body: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("text", "\n", " ", "<b>", "&amp;", "[#t]", "[#-- c --]"),
      expression.map((of) => `\${${of}}`),
      fc.tuple(part, part).map(([left, right]) => left + right),
      fc.tuple(expression, part, part).map(([of, yes, no]) =>
        `[#if ${of}]${yes}[#else]${no}[/#if]`
      ),
      fc.tuple(expression, part).map(([of, each]) =>
        `[#list ${of} as x]${each}\${x}[#sep], [/#list]`
      ),
      fc.tuple(expression, part).map(([of, each]) => `[#list ${of} as k, v]${each}\${k}[/#list]`),
      fc.tuple(name, expression).map(([to, of]) => `[#assign ${to} = ${of}]`),
      fc.tuple(name, part).map(([to, of]) => `[#assign ${to}]${of}[/#assign]`),
      fc.tuple(expression, part).map(([of, one]) =>
        `[#switch ${of}][#case 1]${one}[#default]d[/#switch]`
      ),
      part.map((of) => `[#attempt]${of}[#recover]r[/#attempt]`),
      part.map((of) => `[#compress]${of}[/#compress]`),
      part.map((of) => `[@g b]${of}[/@g]`),
    ),
  };
});

/** A function and a macro that call themselves. */
const DEFINED =
  "[#function f q][#if q?is_number && q gt 0][#return f(q - 1)][/#if][#return q][/#function]" +
  "[#macro g q]${q}[#nested][#if q?is_number && q gt 1][@g q - 1][#nested][/@g][/#if][/#macro]";

const values = fc.record(
  Object.fromEntries(NAMES.map((one) => [
    one,
    fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(1e9, "2023-02-01", "aaaaaaaaaa", [1, 2, 3], [{ a: 1 }]),
    ),
  ])),
  { requiredKeys: [] },
);

Deno.test("checkTemplate: a template that it accepts renders with any values, or names what is missing, within the limits", () => {
  let accepted = 0;
  fc.assert(
    fc.property(body, values, (text, personalisation) => {
      const source = {
        channel: "email",
        syntax: "freemarker",
        subject: "s",
        body: DEFINED + text,
      } as const;
      const checked = checkTemplate(source);
      if (!checked.ok) {
        assert.notEqual(checked.refusal.message, "");
        return;
      }
      accepted++;
      missingPersonalisation(checked.value, personalisation);
      if (filledSize(checked.value, personalisation) > MAX_FILLED_CHARACTERS) return;
      renderEmail(checked.value, personalisation, { serviceName: "" });
      const { body, engine } = parseTemplate(source);
      const style = { escape: false, lists: "sentence", engine } as const;
      fill(body, exactValues(personalisation), style);
    }),
    { numRuns: 4000, seed: 12 },
  );
  assert.ok(accepted > 400, String(accepted));
});
