import assert from "node:assert/strict";
import { parseDiiaSegments } from "../../../domain/template/diia.ts";
import { renderDiiaPreview } from "../../../domain/template/diia_preview.ts";
import { filledSize, usedPersonalisation } from "../../../domain/template/filled_size.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";
import { missingPersonalisation } from "../../../domain/template/template.ts";

const TEMPLATE = parseTemplate({
  channel: "diia",
  subject: "Заява {number}",
  body: "{name}, код ${verificationCode}. {name}",
  attributes: [
    { name: "actionType", value: "message" },
    { name: "shortText", value: "{gone}" },
    { name: "shortText", value: "Вітаємо, {name}" },
  ],
});

Deno.test("parseTemplate: finds Diia's placeholders in title, short text and text, by their exact names", () => {
  assert.deepEqual(TEMPLATE.placeholders, ["number", "name", "verificationCode"]);
  const values = { number: 1, Name: "A", name: null, verificationCode: "" };
  assert.deepEqual(missingPersonalisation(TEMPLATE, values), ["name"]);
  assert.deepEqual(missingPersonalisation(TEMPLATE, {}), TEMPLATE.placeholders);
  assert.deepEqual(usedPersonalisation(TEMPLATE, { ...values, other: 1 }), {
    number: 1,
    name: null,
    verificationCode: "",
  });
  assert.equal(filledSize(parseTemplate({ ...TEMPLATE.source, subject: "{number}" }), values), 36);
});

Deno.test("renderDiiaPreview: fills placeholders that have a value and keeps others as written", () => {
  assert.deepEqual(
    renderDiiaPreview(TEMPLATE, { number: 12, name: "<b>{number}", verificationCode: "000123" }),
    {
      title: "Заява 12",
      shortText: "Вітаємо, <b>{number}",
      fullText: "<b>{number}, код 000123. <b>{number}",
    },
  );
  assert.deepEqual(renderDiiaPreview(TEMPLATE, { name: ["a"] }), {
    title: "Заява {number}",
    shortText: "Вітаємо, {name}",
    fullText: "{name}, код ${verificationCode}. {name}",
  });
  const bare = parseTemplate({ channel: "diia", subject: null, body: "\ud800" });
  assert.deepEqual(renderDiiaPreview(bare, {}), { title: "", shortText: "", fullText: "\ufffd" });
});

const CUTS: readonly (readonly [text: string, names: readonly string[]])[] = [
  ["{a}{b}", ["a", "b"]],
  ["{{a}}", ["a"]],
  ["{}", []],
  ["{a", []],
  ["a}", []],
  ["{ a b }", [" a b "]],
  ["{__proto__}{constructor}", ["__proto__", "constructor"]],
  ["((a)) [#if a]", []],
  ["{".repeat(1_000_000), []],
  ["{a".repeat(500_000) + "}", ["a"]],
];
for (const [text, names] of CUTS) {
  Deno.test(`parseDiiaSegments: finds ${JSON.stringify(names)} in ${JSON.stringify(text.slice(0, 30))}`, () => {
    const { placeholders } = parseTemplate({ channel: "diia", subject: null, body: text });
    assert.deepEqual(placeholders, names);
    const written = parseDiiaSegments(text).map((part) =>
      typeof part === "string" ? part : part.kind === "output" ? part.written : ""
    );
    assert.equal(written.join(""), text);
    assert.deepEqual(
      missingPersonalisation(parseTemplate({ channel: "diia", subject: null, body: text }), {}),
      names,
    );
  });
}
