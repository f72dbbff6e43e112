import assert from "node:assert/strict";
import { findDeviation, KNOWN_DEVIATIONS, MAX_DEVIATIONS } from "./known_deviations.ts";
import type { Failure } from "./run_vectors.ts";

const DOCUMENT = new URL("../../docs/conformance.md", import.meta.url);

/** Made of U+20122, U+4E3D and U+11099 with U+110BA. */
const [OUTSIDE, BASIC, PAIR] = ["\u{2f803}", "\u{2f800}", "\u{1109a}"];

function sanitised(text: string, expected: unknown, got: unknown): Failure {
  return { op: "sanitise", input: { kind: "sms", text }, expected, got };
}

function notifyError(codePoint: string): unknown {
  return { __error__: "ValueError", message: `${codePoint} is not a valid unicode codepoint` };
}

Deno.test("KNOWN_DEVIATIONS: are few, and each has its row in docs/conformance.md", () => {
  assert.ok(KNOWN_DEVIATIONS.length <= MAX_DEVIATIONS);
  const lines = Deno.readTextFileSync(DOCUMENT).split("\n");
  const rows = lines.flatMap((line) => /^\| (DEV-[0-9]+) +\|.*`([a-z_0-9]+)`/.exec(line) ?? []);
  assert.deepEqual(
    lines.filter((line) => /^\| DEV-/.test(line)).map((line) => line.split("|")[1]?.trim()),
    KNOWN_DEVIATIONS.map(({ id }) => id),
  );
  for (const { id, op, reason } of KNOWN_DEVIATIONS) {
    assert.ok(rows.includes(id) && rows.includes(op), `${id} does not name ${op}`);
    assert.notEqual(reason, "");
  }
});

Deno.test("findDeviation: finds the cases of sanitise on which GOV.UK Notify itself fails", () => {
  const cases: readonly (readonly [string, unknown, unknown])[] = [
    [OUTSIDE, notifyError("20122"), "?"],
    [`a${BASIC}${OUTSIDE}b`, notifyError("20122"), "a??b"],
    [`${PAIR}${OUTSIDE}`, notifyError("11099"), "??"],
  ];
  for (const [text, expected, got] of cases) {
    assert.equal(findDeviation(sanitised(text, expected, got))?.id, "DEV-1", text);
  }
});

function filled(template: string, expected: unknown, got: unknown): Failure {
  return { op: "freemarker", input: { template, model: {} }, expected, got };
}

Deno.test("findDeviation: finds directives in angle brackets, and defaults of fields of nothing", () => {
  const error = { error: true };
  for (const template of ["<#if ok>y</#if>", "</#list>", "<@m/>", "<#-- c -->"]) {
    assert.equal(findDeviation(filled(template, { text: template }, error))?.id, "DEV-9", template);
  }
  for (const template of ["${x.y!'z'}", "${x.y???c}", "[#if x['y']??]a[/#if]"]) {
    assert.equal(findDeviation(filled(template, error, { text: "z" }))?.id, "DEV-10", template);
  }
  for (
    const failure of [
      filled("<b>${x}</b>", { text: "<b>1</b>" }, error),
      filled("<#if ok>", { text: "<#if ok>" }, { text: "" }),
      filled("${x!'z'}", error, { text: "z" }),
      filled("${x.y}", error, { text: "z" }),
      filled("${x.y!'z'}", { text: "a" }, { text: "z" }),
    ]
  ) assert.equal(findDeviation(failure), undefined, JSON.stringify(failure));
});

Deno.test("findDeviation: returns undefined for every other failure", () => {
  const error = notifyError("20122");
  const cases: readonly (readonly [string, Failure])[] = [
    ["no such character", sanitised("a\u00e9", error, "ae")],
    ["a failure about another character", sanitised(OUTSIDE, notifyError("20A2C"), "?")],
    ["about a later one", sanitised(PAIR + OUTSIDE, error, "??")],
    ["about no character", sanitised(OUTSIDE, notifyError("FFFFFF"), "?")],
    ["another failure", sanitised(OUTSIDE, { __error__: "KeyError", message: "20122" }, "?")],
    ["an answer of GOV.UK Notify", sanitised(OUTSIDE, "x", "?")],
    ["Hark lost the character", sanitised(OUTSIDE + OUTSIDE, error, "?")],
    ["Hark failed as well", sanitised(OUTSIDE, error, { error: "RangeError" })],
    ["another operation", { ...sanitised(OUTSIDE, error, "?"), op: "sms_render" }],
    ["another input", { ...sanitised(OUTSIDE, error, "?"), input: { value: OUTSIDE } }],
  ];
  for (const [what, failure] of cases) assert.equal(findDeviation(failure), undefined, what);
});

const link = (href: string, text: string): unknown[] => [["<a", `href=${href}`], text, ["/a"]];

function htmlFailure(expected: unknown, got: unknown): Failure {
  return { op: "email_html", input: {}, expected, got };
}

Deno.test("findDeviation: finds the cases of email_html in which GOV.UK Notify changes an address", () => {
  const cases: readonly (readonly [unknown, unknown])[] = [
    [
      [["<p"], ...link("http://e.com/a_%28c", "http://e.com/a_(c"), ")", ["/p"]],
      [["<p"], ...link("http://e.com/a_(c)", "http://e.com/a_(c)"), ["/p"]],
    ],
    [link("mailto:a%40e.com", "x"), link("mailto:a@e.com", "x")],
    [
      ["<", ...link("https://e.com>", "https://e.com>")],
      ["<", ...link("https://e.com", "https://e.com"), ">"],
    ],
  ];
  for (const [expected, got] of cases) {
    assert.equal(findDeviation(htmlFailure(expected, got))?.id, "DEV-2", JSON.stringify(got));
  }
});

Deno.test("findDeviation: finds the cases of email_plain in which GOV.UK Notify changes an address", () => {
  const expected = { body: "x: https://e.com/a, b?”c”\n", subject: "S" };
  const got = { subject: "S", body: "x: https://e.com/a%20,%20b?%22c%22\n" };
  assert.equal(findDeviation({ op: "email_plain", input: {}, expected, got })?.id, "DEV-3");
});

Deno.test("findDeviation: returns undefined where more than an address differs", () => {
  const own = link("https://e.com/$a", "x");
  const theirs = link("https://e.com/%24a", "x");
  const cases: readonly (readonly [string, Failure])[] = [
    ["another address", htmlFailure(theirs, link("https://e.com/$b", "x"))],
    ["no address", htmlFailure(theirs, link("https://", "x"))],
    ["another text", htmlFailure(theirs, link("https://e.com/$a", "y"))],
    ["another tag", htmlFailure(theirs, [["<p"], ...own])],
    ["a link is lost", htmlFailure([...theirs, ...theirs], own)],
    ["no structure", htmlFailure(theirs, { error: "x" })],
    ["another operation", { ...htmlFailure(theirs, own), op: "email_plain" }],
    ...([
      ["another text", "y: https://e.com/%22", "S"],
      ["another subject", "x: https://e.com/%22", "T"],
      ["another address", "x: https://e.com/%23", "S"],
    ] as const).map(([what, body, subject]): readonly [string, Failure] => [what, {
      op: "email_plain",
      input: {},
      expected: { body: "x: https://e.com/”", subject: "S" },
      got: { body, subject },
    }]),
  ];
  for (const [what, failure] of cases) assert.equal(findDeviation(failure), undefined, what);
});

const TAGS = {
  list: (mark: "ul" | "ol", ...items: readonly string[]) => [
    ["<table"],
    ["<tr"],
    ["<td"],
    [`<${mark}`],
    ...items.flatMap((item) => [["<li"], item, ["/li"]]),
    [`/${mark}`],
    ["/td"],
    ["/tr"],
    ["/table"],
  ],
  paragraph: (text: string) => [["<p"], text, ["/p"]],
};

function rendered(template: string, expected: unknown, got: unknown, op = "email_html"): Failure {
  return { op, input: { template }, expected, got };
}

const fromThree = TAGS.list("ol", "a", "b").map((tag) =>
  tag[0] === "<ol" ? ["<ol", "start=3"] : tag
);
const EMAILS: readonly (readonly [id: string, Failure])[] = [
  ["DEV-4", rendered("3. a\n4. b", TAGS.list("ol", "a", "b"), fromThree)],
  [
    "DEV-5",
    rendered("* a\n1. b", TAGS.list("ul", "a", "b"), [
      ...TAGS.list("ul", "a"),
      ...TAGS.list("ol", "b"),
    ]),
  ],
  ["DEV-6", rendered("((n))", TAGS.list("ol", "5"), TAGS.paragraph("1.5"))],
  ["DEV-7", rendered("    a", ["a"], TAGS.paragraph("a"))],
  [
    "DEV-8",
    rendered("a\n\n    b", { body: "ab\n\n\n" }, { body: "a\n\nb\n" }, "email_plain"),
  ],
];

for (const [id, failure] of EMAILS) {
  Deno.test(`findDeviation: finds the cases of ${id}, and no case with another fault`, () => {
    assert.equal(findDeviation(failure)?.id, id);
    const broken = JSON.stringify(failure.got).replace(/"a|"1\.5/, '"x');
    const got: unknown = JSON.parse(broken);
    assert.equal(findDeviation({ ...failure, got }), undefined);
    assert.equal(
      findDeviation({ ...failure, input: { template: "x" } })?.id,
      {
        "DEV-6": "DEV-6",
      }[id],
    );
  });
}
