import assert from "node:assert/strict";
import { ADVICE, type AdviceCode, adviseOn, MAX_ADVICE } from "../../../domain/template/advice.ts";

const email = (body: string, subject = "Subject") =>
  adviseOn({ channel: "email", subject, body }, false);

/** A body, with the codes and lines that are advised about it. */
const CASES: readonly (readonly [string, readonly (readonly [AdviceCode, number])[]])[] = [
  [
    "# One\n\n## Two\n\nSee [the page](https://example.com/a?b=c).\n\n* item\n\n1. item\n\n^ note",
    [],
  ],
  ["Write to [us](mailto:a@example.org) or [call](tel:+441234).", []],
  ["[pay]( https://example.com )", []],
  ['[pay](https://example.com "Title")', []],
  ["[pay](((link))) ((name)) ((show??**more**))", [["mark-bold", 1]]],
  ["[pay](https://example.com/((id))?x=((y)))", []],
  ["[pay](https://example.com", [["link-unclosed", 1]]],
  ["a\n[pay](https://example.com\n\nmore (text)", [["link-unclosed", 2]]],
  ["[pay] (https://example.com)", [["link-spaced", 1]]],
  ["[pay] (by card)", []],
  ["[x] is ticked [ ] is not, [[a]] and ]", []],
  ["[pay]()", [["link-empty", 1]]],
  ["[](https://example.com)", [["link-without-text", 1]]],
  ["[pay](www.example.com)", [["link-without-scheme", 1]]],
  ["[pay](example.com:8080/x)", [["link-without-scheme", 1]]],
  ["[pay](/x) and [stay](#x)", [["link-without-scheme", 1], ["link-without-scheme", 1]]],
  ["[pay](javascript:alert`1`)", [["link-unsafe", 1]]],
  ["[pay](JaVaScRiPt:alert`1`)", [["link-unsafe", 1]]],
  ["[pay](data:text/html,x)", [["link-unsafe", 1]]],
  ["[pay](https://)", [["link-broken", 1]]],
  ["[pay](https://exa mple.com)", [["link-broken", 1]]],
  ["#", [["heading-empty", 1]]],
  ["# One\n##  \n## Two", [["heading-empty", 2]]],
  ["## Two\n\n## Three", [["heading-skipped", 1]]],
  ["# One\n### Three", [["heading-too-deep", 2]]],
  ["**bold** and __bold__", [["mark-bold", 1]]],
  ["an _emphasised_ word, and snake_case_names", [["mark-italic", 1]]],
  ["snake_case_names and 2 * 3 * 4", []],
  ["~~gone~~", [["mark-strike", 1]]],
  ["x\n![a cat](https://example.com/cat.png)", [["mark-image", 2]]],
  ["| a | b |\n|---|---|", [["mark-table", 1], ["mark-table", 2]]],
  ["a <b>bold</b> word, 1 < 2 and 3 > 2, a <- b", [["mark-html", 1]]],
  ["Dear ((name", [["placeholder-unclosed", 1]]],
  ["Dear\r\n\r\n((na(me)))", [["placeholder-unclosed", 3]]],
  ["Dear ((name)", [["placeholder-unclosed", 1]]],
  ["((first, last))", [["placeholder-comma", 1]]],
  ["((yes??see [this](javascript:x)))", [["placeholder-unclosed", 1], ["link-unsafe", 1]]],
];

Deno.test("adviseOn: reports exactly the problems of an e-mail, by line", () => {
  for (const [body, expected] of CASES) {
    const advice = email(body).map(({ code, line }) => [code, line]);
    assert.deepEqual(advice, expected, body);
  }
});

Deno.test("adviseOn: every code has a test case and a message", () => {
  const covered = new Set<string>(CASES.flatMap(([, codes]) => codes.map(([code]) => code)));
  const others: readonly string[] = ["too-long", "link-in-text"];
  assert.deepEqual(
    Object.keys(ADVICE).filter((code) => !covered.has(code) && !others.includes(code)),
    [],
  );
  for (const message of Object.values(ADVICE)) assert.match(message, /^[A-Z].*[^.]$/);
});

Deno.test("adviseOn: reports length first, and placeholders of the subject", () => {
  assert.deepEqual(
    email("Hi", "Dear ((a,b)) ((c").map(({ code, field, line }) => [
      code,
      field,
      line,
    ]),
    [["placeholder-comma", "subject", 1], ["placeholder-unclosed", "subject", 1]],
  );
  const [first] = adviseOn({ channel: "email", subject: "((", body: "#" }, true);
  assert.deepEqual(first, {
    code: "too-long",
    field: "body",
    line: null,
    message: ADVICE["too-long"],
  });
});

Deno.test("adviseOn: reports for an SMS only problems that an SMS can have", () => {
  const sms = (body: string) =>
    adviseOn({ channel: "sms", subject: null, body }, false).map(({ code, line }) => [code, line]);
  assert.deepEqual(sms("# not a heading, **not bold**, <b> and https://example.com ((x))"), []);
  assert.deepEqual(sms("a\nb [pay](https://example.com)"), [["link-in-text", 2]]);
  assert.deepEqual(sms("Dear ((name"), [["placeholder-unclosed", 1]]);
});

Deno.test("adviseOn: returns at most MAX_ADVICE pieces", () => {
  assert.equal(email("#\n".repeat(MAX_ADVICE)).length, MAX_ADVICE);
  assert.equal(email("#\n".repeat(MAX_ADVICE + 1)).length, MAX_ADVICE);
});

Deno.test("adviseOn: reports placeholders but no markdown for HTML with ((name))", () => {
  const body = "<p>**a** ## ((name))</p>\n[x](y) ((open";
  const advice = adviseOn({ channel: "email", syntax: "html", subject: "S", body }, false);
  assert.deepEqual(advice.map(({ code, line }) => [code, line]), [["placeholder-unclosed", 2]]);
});
