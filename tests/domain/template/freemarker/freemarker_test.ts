import assert from "node:assert/strict";
import { isEmptyMessage } from "../../../../domain/template/empty_message.ts";
import { exactValues, fill } from "../../../../domain/template/fill.ts";
import { filledSize, usedPersonalisation } from "../../../../domain/template/filled_size.ts";
import { renderSms } from "../../../../domain/template/sms/sms.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";
import {
  missingPersonalisation,
  type Personalisation,
} from "../../../../domain/template/template.ts";
import { checkTemplate, parseFreemarker } from "../../../support/check_templates.ts";

function sms(body: string) {
  return parseTemplate({ channel: "sms", syntax: "freemarker", subject: null, body });
}

function render(body: string, values: Personalisation): string {
  return renderSms(sms(body), values, { prefix: undefined, encoding: "unicode" });
}

const VALUES = {
  name: "Ann",
  low: " ann lee ",
  person: { name: "Bo", "given-name": "Bob", roles: ["a"] },
  names: ["x", "y", "z"],
  none: [],
  empty: "",
  three: 3,
  big: 1234567,
  half: 0.5,
  yes: true,
  no: false,
  nothing: null,
  moment: "2026-06-14T08:30:00.000Z",
  recipientRoles: ["citizen", "head-officer"],
};

const RENDERED: readonly (readonly [body: string, expected: string])[] = [
  ["Hello ${name}", "Hello Ann"],
  ["${ name }", "Ann"],
  ["${person.name} ${person['given-name']} ${person.roles[0]}", "Bo Bob a"],
  ["${names[0]}${names[2]}", "xz"],
  ["${three} ${big} ${half} ${yes?c} ${no?c}", "3 1,234,567 0.5 true false"],
  ["a${gone!}b", "ab"],
  ['${gone!"you"} ${name!"you"} ${nothing!"you"}', "you Ann you"],
  ["${gone!name} ${gone!nothing!name}", "Ann Ann"],
  ["${person.gone!'x'} ${(gone.name)!'x'} ${gone!name?upper_case}", "x x ANN"],
  ["${low?trim} ${low?trim?upper_case} ${name?lower_case}", "ann lee ANN LEE ann"],
  ["${low?cap_first}", "Ann lee"],
  ["${name?length} ${names?size} ${person?size} ${gone!?size}", "3 3 3 0"],
  ['${names?join(", ")} ${none?join("-", "none")}', "x, y, z none"],
  ['${name?contains("nn")?string} ${name?contains("x")?string("j", "n")}', "true n"],
  ['[#if recipientRoles?seq_contains("head-officer")]head[#else]other[/#if]', "head"],
  ['[#if recipientRoles?seq_contains("citizens")]head[#else]other[/#if]', "other"],
  ['[#if ["a", "b"]?seq_contains(person.roles[0])]in[/#if]', "in"],
  ["${three?c} ${three?string} ${yes?c} ${name?string}", "3 3 true Ann"],
  ["${'<a>'?html}", "&lt;a&gt;"],
  ["[#if gone??]a[#elseif name??]b[#else]c[/#if]", "b"],
  ["[#if empty?has_content || gone?has_content || none?has_content]a[#else]b[/#if]", "b"],
  ["[#if name?has_content && three?has_content && names?has_content]a[/#if]", "a"],
  ['[#if name == "Ann" && three != 4]a[/#if][#if name = "B"]b[/#if]', "a"],
  ["[#if three gt 2 && three gte 3 && three lt 4 && three lte 3]a[/#if]", "a"],
  ["[#if three > 2 && three >= 3 && three < 4 && three <= 3 && -1 < 0]a[/#if]", "a"],
  ["[#if !(yes && no) && !no]a[/#if]", "a"],
  ["[#if no && gone]a[#else]b[/#if][#if yes || gone]c[/#if]", "bc"],
  ["[#list names as n]${n?index}${n}[#if n?has_next],[/#if][/#list]", "0x,1y,2z"],
  ["[#list names as n]${n}[#sep], [/#list]", "x, y, z"],
  ["[#list names as n]${n?counter}[#sep];[/#sep]|[/#list]", "1;|2;|3|"],
  ["[#list names as n]${n?is_first?c}${n?is_last?c} [/#list]", "truefalse falsefalse falsetrue"],
  ["[#list none as n]${n}[#else]none[/#list]", "none"],
  ["[#list gone! as n]${n}[#else]none[/#list][#list gone![] as n]${n}[/#list]", "none"],
  ["[#list names as a][#list names as b]${a}${b} [/#list][/#list]", "xx xy xz yx yy yz zx zy zz"],
  ["[#list names as name]${name}[/#list]${name}", "xyzAnn"],
  ["a[#-- ${gone} [#if] --]b", "ab"],
  ['${r"${name}"} ${"a\\"b\\\\"}', '${name} a"b\\'],
  [
    "[1] [#1] ${name} [a](b) [] ((name)) {name} $ # [=name]",
    "[1] [#1] Ann [a](b) [] ((name)) {name} $ # [=name]",
  ],
  ["${імʼя!}${ім_я!'так'}", "так"],
  // Results of FreeMarker 2.3.31.
  ["${name?split('')?join('.')} ${empty?split('')?size}", "A.n.n 0"],
  ["[#ftl strip_whitespace=false]  \nx\n[#if yes]\ny[/#if]", "x\n\ny"],
  ...[
    ["GMT+2", "10:30 GMT+02:00 +0200"],
    ["GMT-0330", "05:00 GMT-03:30 -0330"],
    ["GMT", "08:30 GMT +0000"],
    ["UTC", "08:30 UTC +0000"],
    ["UTC+2", "08:30 GMT +0000"],
    ["Z", "08:30 GMT +0000"],
    ["+02:00", "08:30 GMT +0000"],
    ["GMT+24:00", "08:30 GMT +0000"],
    ["Bad/Zone", "08:30 GMT +0000"],
    ["CET", "10:30 CEST +0200"],
    ["Europe/Kiev", "11:30 EEST +0300"],
  ].map(([zone, shown = ""]) =>
    [`[#setting time_zone='${zone}']\${moment?datetime.iso?string('HH:mm z Z')}`, shown] as const
  ),
  [
    "[#setting time_zone='GMT+2']${moment?datetime.iso?string('zzzz')} ${moment?datetime.iso?string.long}",
    "GMT+02:00 June 14, 2026 at 10:30:00 AM GMT+02:00",
  ],
  ["[#setting time_zone='GMT']${moment?datetime.iso?string('zzzz')}", "Greenwich Mean Time"],
  ["${'10:20'?time('HH:mm')?string.long}", "10:20:00 AM EET"],
  ["${moment?datetime.iso?iso('GMT+2')}", "2026-06-14T10:30:00+02:00"],
  ["${moment?datetime.iso?string.long_short}", "June 14, 2026, 11:30 AM"],
  [
    "[#setting locale='uk_UA']${moment?datetime.iso?string.full_short}",
    "неділя, 14 червня 2026 р., 11:30",
  ],
  [
    "[#setting locale='uk_UA']${moment?datetime.iso?string.long}",
    "14 червня 2026 р. о 11:30:00 EEST",
  ],
  [
    "[#setting locale='de_DE'][#setting time_zone='GMT+2']${moment?datetime.iso?string.short}",
    "14.06.26, 10:30",
  ],
];
for (const [body, expected] of RENDERED) {
  Deno.test(`parseTemplate, in FreeMarker's syntax: ${JSON.stringify(body)} comes to ${JSON.stringify(expected)}`, () => {
    assert.equal(render(body, VALUES), expected);
  });
}

const STRIPPED: readonly (readonly [body: string, expected: string])[] = [
  ["a\n  [#if yes]\n  b\n  [/#if]  \nc", "a\n    b\nc"],
  ["a\n[#if yes]\n  b\n  [/#if]  \nc", "a\n  b\nc"],
  ["[#if yes]\nb\n[/#if]", "b\n"],
  ["a [#if yes]\nb[/#if]\nc", "a \nb\nc"],
  ["a\r\n[#-- c --]\r\nb", "a\r\nb"],
  ["[#if yes][#if yes]\na\n[/#if][/#if]\nb", "a\nb"],
  ["a\n${name}\nb", "a\nAnn\nb"],
  ["<p>[#-- c\nd --]\n</p>", "<p></p>"],
  ["a [#-- c\nd --][#if yes] \nb[/#if]", "a b"],
  ["a\n  [#-- c\nd --]  x\nb", "a\n    x\nb"],
  ["x- [#assign c]<p>[#-- d --]q[/#assign]\n\nb", "x- \n\nb"],
  ["a\n  [#switch three] [#case 3]\nx[/#switch]\nb", "a\n  x\nb"],
  ["[#if yes] [#if yes]\na[/#if][/#if]", " \na"],
  ["  [#list names as n]\n  ${n}\n  [/#list]\n", "  \n  x\n\n  y\n\n  z\n"],
  ["[#list names as n]\n  ${n}\n  [/#list]\n", "  x\n  y\n  z\n"],
  ["\n\n[#if yes]\n\na[/#if]", "\n\n\na"],
];
for (const [body, expected] of STRIPPED) {
  Deno.test(`parseTemplate: strips the lines that hold only tags of ${JSON.stringify(body)}`, () => {
    const template = sms(body);
    const style = { escape: false, lists: "sentence", engine: template.engine } as const;
    assert.equal(fill(template.body, exactValues(VALUES), style), expected);
  });
}

const MISSING: readonly (readonly [body: string, values: Personalisation, missing: string[]])[] = [
  ["${b} ${a} ${b}", {}, ["b", "a"]],
  ["${a} ${b}", { A: 1, b: null }, ["a", "b"]],
  ["${a.b} ${a.c.d}", { a: { b: 1 } }, ["a.c"]],
  ["${a[1]} ${a[0]}", { a: ["x"] }, ["a[1]"]],
  ["${a!} ${b!'x'} [#if c??]${c}[/#if][#if d?has_content]${d}[/#if]", {}, []],
  ["[#if yes]${a}[#else]${b}[/#if]", { yes: true }, ["a"]],
  ["[#if yes]${a}[#else]${b}[/#if]", { yes: false }, ["b"]],
  ["[#if yes]${a}[#else]${b}[/#if]", {}, ["yes"]],
  ["[#list xs as x]${x.name}[/#list]", { xs: [{ name: "a" }, {}] }, ["xs[1].name"]],
  ["[#list xs as x]${x}${y}[/#list]", { xs: [] }, []],
  ["[#list xs as x]${x}[/#list]", { xs: "a" }, ["xs"]],
  ["${a?upper_case}", { a: [1] }, ["a"]],
  ["${a}", { a: true }, []],
  ["${a}", { a: ["x"] }, ["a"]],
  ["[#if a]x[/#if]", { a: "true" }, ["a"]],
  ["[#if a == 1]x[/#if]", { a: "1" }, ["a"]],
  ["[#if a gt 1]x[/#if]", { a: "2" }, ["a"]],
  ["${a?join(',')}", { a: [{}] }, ["a"]],
];
for (const [body, values, missing] of MISSING) {
  Deno.test(`missingPersonalisation: returns ${missing.join() || "nothing"} for ${body} with ${JSON.stringify(values)}`, () => {
    assert.deepEqual(missingPersonalisation(sms(body), values), missing);
  });
}

Deno.test("missingPersonalisation: reads own properties only, by exact name", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  for (const name of names) {
    assert.deepEqual(missingPersonalisation(sms(`\${${name}}`), {}), [name]);
    assert.deepEqual(missingPersonalisation(sms(`\${a.${name}}`), { a: {} }), [`a.${name}`]);
    assert.deepEqual(missingPersonalisation(sms(`\${a["${name}"]}`), { a: [] }), [`a.${name}`]);
    assert.deepEqual(missingPersonalisation(sms(`\${a.${name}}`), { a: "x" }), [`a.${name}`]);
  }
  assert.deepEqual(missingPersonalisation(sms("${a.length}"), { a: [1] }), ["a.length"]);
  const own: Personalisation = JSON.parse('{"__proto__": "mine"}');
  assert.equal(render("${__proto__}", own), "mine");
});

Deno.test("parseTemplate: lists every name that an expression reads, except loop items", () => {
  const { placeholders } = sms(
    "${a!b}[#if c?? && d.e == f]${g[0]?join(h)}[#elseif !i]x[#else]${j}[/#if]" +
      "[#list k as a1]${a1}${a}[#sep]${l}[#else]${a1}[/#list]",
  );
  assert.deepEqual(placeholders, ["a", "b", "c", "d", "f", "g", "h", "i", "j", "k", "l", "a1"]);
});

Deno.test("usedPersonalisation: keeps the exact names of a FreeMarker template, also those in parts that are not shown", () => {
  const template = sms("[#if a]${b}[/#if]");
  assert.deepEqual(usedPersonalisation(template, { a: false, b: 1, B: 2, c: 3 }), {
    a: false,
    b: 1,
  });
});

Deno.test("isEmptyMessage, filledSize: evaluate a FreeMarker template with its values", () => {
  const template = sms("[#if a] [#else]${b}${b}[/#if]");
  assert.equal(isEmptyMessage(template, { a: true }), true);
  assert.equal(isEmptyMessage(template, { a: false, b: "x" }), false);
  assert.equal(filledSize(template, { a: false, b: "xyz" }), 6);
});

Deno.test("renderSms: keeps outputs without a value as written and omits undecided branches", () => {
  assert.equal(
    render("a ${b.c!d} ${e?trim}[#if f]g[/#if][#list h as i]j[/#list]", {}),
    "a ${b.c!d} ${e?trim}",
  );
});

Deno.test("checkTemplate: accepts every ((name)) text; parseTemplate throws where checkTemplate refuses", () => {
  assert.ok(checkTemplate({ channel: "sms", subject: null, body: "[#if ${" }).ok);
  const source = { channel: "sms", syntax: "freemarker", subject: null, body: "a\n${" } as const;
  const checked = checkTemplate(source);
  assert.ok(!checked.ok);
  assert.deepEqual(
    { ...checked.refusal, message: "" },
    { kind: "unclosed", message: "", line: 2, column: 1 },
  );
  assert.throws(() => parseTemplate(source), /unclosed at 2:1/);
});

Deno.test("parseFreemarker: reads 1 MB of stored text, outputs, tags and blank lines, and refuses 1 MB of unclosed tags", () => {
  const units = ["a", "${a}", "[#if a]b[/#if]\n", "\n \n", "${'", "a [#t]", "[#-- --]\n"];
  for (const unit of units) {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
    assert.equal(parseFreemarker(text, { isStored: true }).ok, unit !== "${'", unit);
  }
});

Deno.test("parseFreemarker: reads 1 MB of outputs within directives of a stored template, and refuses them in a new one", () => {
  const outputs = "${a}".repeat(240_000);
  for (const name of ["escape x as x?html", "if b"]) {
    const close = `[/#${name.split(" ", 1)}]`;
    const text = `[#${name}][#${name}]${outputs}${close}${close}`;
    assert.ok(parseFreemarker(text, { isStored: true }).ok, name);
    const checked = parseFreemarker(text);
    assert.ok(!checked.ok && checked.refusal.kind === "template-too-long", name);
  }
});
