import assert from "node:assert/strict";
import { previewDraft } from "../../../domain/template/preview_draft.ts";
import { DEFAULT_SETTINGS } from "../../../domain/service/service.ts";
import { MAX_ITERATIONS } from "../../../domain/template/freemarker/limits.ts";

const WRITER = { name: "Council", settings: DEFAULT_SETTINGS };
const PLAIN = { sms: null, advice: [], additional: [], missing: [] };

Deno.test("previewDraft: shows an inbox's message as its HTML and as text", () => {
  const source = {
    channel: "inbox",
    syntax: "freemarker",
    subject: "Title",
    body: "<p>Hi ${name}</p><script>x</script>",
  } as const;
  assert.deepEqual(previewDraft(WRITER, source, { name: "<b>Є" }), {
    ...PLAIN,
    subject: "Title",
    body: "<p>Hi &lt;b&gt;Є</p>",
    html: "<p>Hi &lt;b&gt;Є</p>",
    text: "Hi <b>Є",
    sizeBytes: 21,
    placeholders: ["name"],
  });
});

Deno.test("previewDraft: returns Diia's texts, and the names that are missing and additional by exact names", () => {
  const source = {
    channel: "diia",
    subject: "{a}",
    body: "Код {code}",
    attributes: [{ name: "shortText", value: "short {b}" }],
  } as const;
  assert.deepEqual(previewDraft(WRITER, source, { a: "A", CODE: 1 }), {
    ...PLAIN,
    subject: "A",
    body: "Код {code}",
    html: null,
    text: "A\n\nshort {b}\n\nКод {code}",
    sizeBytes: 13,
    placeholders: ["a", "b", "code"],
    missing: ["b", "code"],
    additional: ["CODE"],
  });
});

Deno.test("previewDraft: keeps FreeMarker outputs without a value as written in an SMS and an e-mail", () => {
  const source = { syntax: "freemarker", subject: "S", body: "Hi ${name} # ((x))" } as const;
  const sms = previewDraft(WRITER, { ...source, channel: "sms", subject: null }, {});
  assert.equal(sms.body, "Hi ${name} # ((x))");
  assert.deepEqual([sms.missing, sms.advice], [["name"], []]);
  const email = previewDraft(WRITER, { ...source, channel: "email" }, { name: "A", Name: "B" });
  assert.equal(email.body, "Hi A # ((x))");
  assert.equal(email.text, "Hi A # ((x))\n");
  assert.match(email.html ?? "", /^<!DOCTYPE html>/);
  assert.deepEqual([email.missing, email.additional, email.advice], [[], ["Name"], []]);
});

Deno.test("previewDraft: advises about an inbox's placeholders, and about no markdown", () => {
  const source = { channel: "inbox", subject: "S", body: "# a\n\n**b** ((c\n((d,e))" } as const;
  assert.deepEqual(
    previewDraft(WRITER, source, {}).advice.map(({ code, line }) => [code, line]),
    [["placeholder-unclosed", 3], ["placeholder-comma", 4]],
  );
});

Deno.test("previewDraft: reports too-long and an empty text for a message above the limits", () => {
  const source = {
    syntax: "freemarker",
    subject: "S",
    body: "[#list a as b]${b}[/#list]",
  } as const;
  const a = Array.from({ length: MAX_ITERATIONS + 1 }, () => "x");
  for (const channel of ["sms", "email", "inbox"] as const) {
    const preview = previewDraft(WRITER, { ...source, channel }, { a });
    assert.equal(preview.body, "");
    assert.deepEqual(preview.advice.map(({ code }) => code), ["too-long"]);
  }
});
