import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { filledSize, usedPersonalisation } from "../../../domain/template/filled_size.ts";
import { renderEmailContent } from "../../../domain/template/email/email.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";

const email = (subject: string, body: string) => parseTemplate({ channel: "email", subject, body });

Deno.test("filledSize: counts a value as often as the template uses it, without building the text", () => {
  const template = email("((n))", "((n)) and ((N)) and ((other??x))");
  assert.equal(filledSize(template, { n: "1234567890" }), 10 + 10 + 5 + 10 + 5 + 12);
  const often = parseTemplate({ channel: "sms", subject: null, body: "((n))".repeat(10_000) });
  assert.equal(filledSize(often, { n: "y".repeat(5_000_000) }), 50_000_000_000);
});

Deno.test("filledSize: is never less than the size of the rendered body", () => {
  const value = fc.oneof(fc.string(), fc.array(fc.string()), fc.integer(), fc.boolean());
  fc.assert(fc.property(fc.string(), value, (text, n) => {
    const template = email("s", `a ((n)) b ((n)) ${text}`);
    const { body } = renderEmailContent(template, { n });
    assert.ok(filledSize(template, { n }) >= body.length);
  }));
});

Deno.test("usedPersonalisation: keeps the values that the template uses, under the caller's names", () => {
  const template = email("((first name))", "((x??y))");
  const values = { First_Name: "Ann", X: "yes", junk: "z".repeat(100) };
  assert.deepEqual(usedPersonalisation(template, values), { First_Name: "Ann", X: "yes" });
});
