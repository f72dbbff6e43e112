import assert from "node:assert/strict";
import { parseTemplate } from "../../../domain/template/parse_template.ts";
import { missingPersonalisation } from "../../../domain/template/template.ts";

const CASES: readonly (readonly [string, string | null, readonly string[]])[] = [
  ["Hi ((name))", null, ["name"]],
  ["((First Name)) ((first_name)) ((FIRST-NAME))", null, ["First Name"]],
  ["((a)) ((b??text))", "((c))", ["c", "a", "b"]],
  ["(((name)))", null, ["name"]],
  ["((a(b)c)) (()) ( (x) )", null, []],
  ["((two\nlines))", null, ["two\nlines"]],
  ["((a??b??c))", null, ["a"]],
];

for (const [body, subject, expected] of CASES) {
  Deno.test(`parseTemplate: finds the placeholders of ${JSON.stringify([subject, body])}`, () => {
    assert.deepEqual(parseTemplate({ channel: "email", subject, body }).placeholders, expected);
  });
}

Deno.test("missingPersonalisation: returns names that are absent or null, in the template's spelling and order", () => {
  const template = parseTemplate({
    channel: "email",
    subject: "((First Name))",
    body: "((empty)) ((none)) ((show??x)) ((zero))",
  });
  const values = { empty: "", none: null, zero: 0, constructor: "x" };
  assert.deepEqual(missingPersonalisation(template, values), ["First Name", "none", "show"]);
  assert.deepEqual(
    missingPersonalisation(template, { ...values, "FIRST_NAME": 1, none: [], show: false }),
    [],
  );
});
