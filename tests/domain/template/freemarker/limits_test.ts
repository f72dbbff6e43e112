import assert from "node:assert/strict";
import { filledSize } from "../../../../domain/template/filled_size.ts";
import { MAX_DATE_PATTERN } from "../../../../domain/template/freemarker/date_pattern.ts";
import {
  MAX_TEMPLATE_TAGS,
  MAX_TEMPLATE_TOKENS,
} from "../../../../domain/template/freemarker/fault.ts";
import { MAX_DIGITS } from "../../../../domain/template/freemarker/decimal.ts";
import {
  type LimitPassed,
  MAX_FILLED_CHARACTERS,
  MAX_ITERATIONS,
  MAX_NESTED_STEPS,
  TemplateStopped,
} from "../../../../domain/template/freemarker/limits.ts";
import { MAX_PATTERN_DIGITS } from "../../../../domain/template/freemarker/number_format.ts";
import {
  MAX_REGEX_DEPTH,
  MAX_REGEX_STEPS,
} from "../../../../domain/template/freemarker/regex_parse.ts";
import { MAX_PARAMETERS } from "../../../../domain/template/freemarker/parse_macro.ts";
import { exactValues, fill } from "../../../../domain/template/fill.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";
import {
  missingPersonalisation,
  type Personalisation,
} from "../../../../domain/template/template.ts";
import { checkTemplate, parseFreemarker } from "../../../support/check_templates.ts";

function sms(body: string) {
  return parseTemplate({ channel: "sms", syntax: "freemarker", subject: null, body });
}

/** The text of a template, the limit that it exceeds, or the values that it lacks. */
function render(body: string, values: Personalisation = {}): string {
  const template = sms(body);
  const missing = missingPersonalisation(template, values);
  if (missing.length > 0) return `missing ${missing.join()}`;
  try {
    const { body, engine } = template;
    return fill(body, exactValues(values), { escape: false, lists: "sentence", engine });
  } catch (error) {
    assert.ok(error instanceof TemplateStopped);
    assert.ok(filledSize(template, values) > MAX_FILLED_CHARACTERS);
    return error.limit;
  }
}

Deno.test("expand: calls nest up to MAX_NESTED_STEPS parts and expressions, and one more stops the message", () => {
  // Each call of the macro nests two parts: its body, and the arm of the condition.
  const body = "[#macro m n][#if n gt 0][@m n - 1/][#else]end[/#if][/#macro][@m n/]";
  const most = (MAX_NESTED_STEPS - 1) / 2;
  assert.equal(render(body, { n: Math.floor(most) - 2 }), "end");
  assert.equal(render(body, { n: Math.ceil(most) + 1 }), "depth");
  const fold =
    "[#function f n][#if n == 0][#return 0][/#if][#return n + f(n - 1)][/#function]${f(n)}";
  assert.equal(render(fold, { n: 100 }), "5,050");
  assert.equal(render(fold, { n: 1_000 }), "depth");
});

Deno.test("expand: a number of MAX_DIGITS digits is computed, and one with more has no value", () => {
  const body = "[#assign p = 1][#list 1..n as i][#assign p = p * 10][/#list]${p?c?length}";
  assert.equal(render(body, { n: MAX_DIGITS - 1 }), String(MAX_DIGITS));
  assert.match(render(body, { n: MAX_DIGITS + 1 }), /^missing /);
});

Deno.test("expand: a list, a range and an endless range stop after MAX_ITERATIONS repetitions", () => {
  assert.equal(
    render("[#list 1..n as i]x[/#list]", { n: MAX_ITERATIONS }),
    "x".repeat(MAX_ITERATIONS),
  );
  assert.equal(render("[#list 1..n as i]x[/#list]", { n: MAX_ITERATIONS + 1 }), "iterations");
  assert.equal(render("[#list 1.. as i]x[/#list]"), "iterations");
  assert.equal(render("[#list 1.. as i]${i}[#if i == 3][#break][/#if][/#list]"), "123");
});

Deno.test("checkTemplate: patterns and regular expressions up to their limits are accepted, longer ones refused", () => {
  const accepts = (body: string) => parseFreemarker(body).ok;
  const number = (digits: number) => `\${a?string('${"0".repeat(digits)}')}`;
  assert.ok(accepts(number(MAX_PATTERN_DIGITS)));
  assert.ok(!accepts(number(MAX_DATE_PATTERN + 1)));
  const date = (length: number) => `\${a?date('${"'".repeat(0)}yyyy${" ".repeat(length - 4)}')}`;
  assert.ok(accepts(date(MAX_DATE_PATTERN)));
  assert.ok(!accepts(date(MAX_DATE_PATTERN + 1)));
  const regex = (text: string) => `[#if a?matches('${text}')]x[/#if]`;
  // Each repetition is an instruction, beside those that begin and end the match.
  assert.ok(accepts(regex(`a{${MAX_REGEX_STEPS - 10}}`)));
  assert.ok(!accepts(regex(`a{${MAX_REGEX_STEPS + 1}}`)));
  assert.ok(!accepts(regex("((a{9}){99}){99}")));
  const nested = (depth: number) => "(".repeat(depth) + "a" + ")".repeat(depth);
  assert.ok(accepts(regex(nested(MAX_REGEX_DEPTH))));
  assert.ok(!accepts(regex(nested(MAX_REGEX_DEPTH + 1))));
  for (
    const text of ["(?=a)", "(?!a)", "(?<=a)b", "(a)\\\\1", "a++", "[a", "(", "a)", "*", "[z-a]"]
  ) {
    assert.ok(!accepts(regex(text)), text);
  }
});

Deno.test("checkTemplate: a macro has MAX_PARAMETERS parameters at most", () => {
  const macro = (count: number) =>
    `[#macro m ${Array.from({ length: count }, (_, index) => `p${index}`).join(" ")}]x[/#macro]`;
  assert.ok(parseFreemarker(macro(MAX_PARAMETERS)).ok);
  assert.ok(!parseFreemarker(macro(MAX_PARAMETERS + 1)).ok);
});

const LONG = { s: "a".repeat(1_000_000), xs: Array.from({ length: 5_000 }, (_, index) => index) };
const EXPLOSIONS: readonly (readonly [limit: LimitPassed, body: string])[] = [
  ["characters", "[#assign t = s][#list 1..40 as i][#assign t = t + t][/#list]${t}"],
  ["characters", "[#assign t = [s]][#list 1..60 as i][#assign t = t + t][/#list]${t?size}"],
  ["depth", "[#macro m][@m/][/#macro][@m/]"],
  ["depth", "[#function f][#return f()][/#function]${f()}"],
  ["work", "${s?matches('(a*)*b')?c}"],
  ["work", "${s?matches('(a|aa)+$')?c}${s?replace('a*a*a*a*b', 'x', 'r')}"],
  ["iterations", "[#list xs as i][#list xs as j]${i}[/#list][/#list]"],
  ["work", "[#list xs as i]${s?upper_case?length}[/#list]"],
  ["characters", "${(1..n)?size}"],
  ["characters", "${s?left_pad(n)}"],
  ["characters", "${s?replace('a', s)}"],
  ["work", "${xs?map(i -> xs?map(j -> xs?size)?size)?size}"],
  ["work", "[#list xs as i]${xs?sort?size}[/#list]"],
  ["work", "${(1..9000)?map(i -> s)?join('')}"],
];
for (const [limit, body] of EXPLOSIONS) {
  Deno.test(`expand: stops ${body} at the limit of ${limit}`, () => {
    assert.equal(render(body, { ...LONG, n: 1_000_000_000 }), limit);
  });
}

Deno.test("checkTemplate: a constant that exceeds a limit is refused", () => {
  for (const body of ["${''?left_pad(1000000000)}", "${(1..1000000000)?size}"]) {
    const source = { channel: "sms", syntax: "freemarker", subject: null, body } as const;
    assert.ok(!checkTemplate(source).ok, body);
  }
});

Deno.test("missingPersonalisation: names an expression that has no value and reads none, and a [#stop] that is reached", () => {
  assert.equal(render("[#if a]${[]?first}[/#if]", { a: true }), "missing ${[]?first}");
  assert.equal(render("[#if a][#stop 'no'][/#if]b", { a: true }), "missing [#stop 'no']");
  assert.equal(render("[#if a][#stop 'no'][/#if]b", { a: false }), "b");
  assert.equal(render("${1 / n}", { n: 0 }), "missing n");
  assert.equal(render("${d?date('dd.MM.yyyy')}", { d: "2026-01-02" }), "missing d");
  assert.equal(render("[#macro m x]${x}[/#macro][@m x=p.q/]", { p: {} }), "missing p.q");
  assert.equal(render("[#attempt]${gone}[#recover]other[/#attempt]"), "other");
});

/** The refusal of a template: its place and message; `undefined` for one that is accepted. */
function refusal(body: string): string | undefined {
  const parsed = parseFreemarker(body);
  if (parsed.ok) return undefined;
  const { kind, line, column, message } = parsed.refusal;
  return `${kind} ${line}:${column} ${message}`;
}

Deno.test("checkTemplate: MAX_TEMPLATE_TAGS outputs, tags and comments are accepted, and the first one too many is named", () => {
  const message = "A template has 8000 outputs, tags and comments at most";
  assert.equal(MAX_TEMPLATE_TAGS, 8_000);
  const lines = (count: number) => "[#-- x --]\n".repeat(count);
  assert.equal(refusal(lines(MAX_TEMPLATE_TAGS)), undefined);
  assert.equal(
    refusal(lines(MAX_TEMPLATE_TAGS) + " ${a}"),
    `template-too-long ${MAX_TEMPLATE_TAGS + 1}:2 ${message}`,
  );
  const conditions = "[#if a]x[/#if]".repeat(MAX_TEMPLATE_TAGS / 2);
  assert.equal(refusal(conditions), undefined);
  assert.equal(
    refusal(`${conditions}\${a}`),
    `template-too-long 1:${conditions.length + 1} ${message}`,
  );
});

Deno.test("checkTemplate: MAX_TEMPLATE_TOKENS tokens are accepted, and the first one too many is named", () => {
  const message = "A template has 60000 names, texts, numbers and operators at most";
  assert.equal(MAX_TEMPLATE_TOKENS, 60_000);
  // Two tokens an addition, and the number and the end of the output.
  const sum = `\${1${"+1".repeat(MAX_TEMPLATE_TOKENS / 2 - 1)}}`;
  assert.equal(refusal(sum), undefined);
  assert.equal(refusal(`${sum}\n\${a}`), `template-too-long 2:3 ${message}`);
  assert.equal(
    refusal(`\${1+1${sum.slice(3)}`),
    `template-too-long 1:${sum.length + 1} ${message}`,
  );
  const escapes = `\${'${"\\n".repeat(MAX_TEMPLATE_TOKENS - 2)}'}`;
  assert.equal(refusal(escapes), undefined);
  assert.match(refusal(`${escapes}\${a}`) ?? "", /^template-too-long 1:/);
  // The name, the end and the text of each `${a}`, beside the text's own tokens.
  const texts = (count: number) => `\${"${"${a}".repeat(count)}"}`;
  assert.equal(refusal(texts(MAX_TEMPLATE_TOKENS / 2 - 1)), undefined);
  assert.match(refusal(texts(MAX_TEMPLATE_TOKENS / 2)) ?? "", /^template-too-long 1:/);
});

Deno.test("checkTemplate: the tokens of an [#escape] count for each output in it", () => {
  // [#escape x as x?y?html…] has two tokens a built-in and four more, its closing tag one, and each output two.
  const builtIns = 23;
  const tag = `[#escape x as x${"?trim".repeat(builtIns)}]`;
  const own = builtIns * 2 + 4;
  const most = Math.floor((MAX_TEMPLATE_TOKENS - own - 1) / (own + 2));
  const template = (count: number) => `${tag}\n${"${a}\n".repeat(count)}[/#escape]`;
  assert.equal(refusal(template(most)), undefined);
  assert.equal(
    refusal(template(most + 1)),
    `template-too-long ${
      most + 2
    }:1 A template has 60000 names, texts, numbers and operators at most`,
  );
  const nested = "[#escape x as x?html]".repeat(30) + "${a}".repeat(1_000) +
    "[/#escape]".repeat(30);
  assert.match(refusal(nested) ?? "", /^template-too-long 1:/);
});

Deno.test("checkTemplate: an HTML e-mail of 200 kB with 5,000 tags in an [#escape] is accepted", () => {
  const row = "[#if row.shown]<tr><td style='padding: 4px'>${row.name!}</td>" +
    "<td>${row.sum?string('0.00')}</td></tr>[#else]<tr><td>${row.date}</td></tr>[/#if]\n" +
    `<!-- ${"x".repeat(110)} -->`;
  const body = `[#escape x as x?html]${row.repeat(900)}[/#escape]`;
  assert.ok(body.length > 190_000);
  assert.equal(refusal(body), undefined);
});

Deno.test("parseTemplate: a stored template with more tags and tokens than are accepted is read and filled", () => {
  assert.equal(render("${a}".repeat(MAX_TEMPLATE_TAGS + 1), { a: "" }), "");
  assert.equal(render(`\${1${"+1".repeat(MAX_TEMPLATE_TOKENS)}}`), "60,001");
});
