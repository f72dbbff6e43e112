import assert from "node:assert/strict";
import type { TemplateId } from "../../../domain/ids.ts";
import { INBOX_MAX_BYTES, writeLocalised } from "../../../domain/sending/plan_content.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";

function translation(body: string, subject = "Title"): TemplateVersion {
  const source = { channel: "inbox", syntax: "freemarker", subject, body } as const;
  return {
    ...source,
    id: "00000000-0000-4000-8000-000000000001" as TemplateId,
    number: 1,
    version: 1,
    name: "hello-xx",
    unsubscribeLink: false,
    senderId: null,
    folderId: null,
    createdAt: 0,
    updatedAt: null,
    archived: false,
    externalId: null,
    externallyPublishedAt: null,
    parsed: parseTemplate(source),
  };
}

Deno.test("writeLocalised: leaves out a translation with a missing value or no text, and renders the others", () => {
  const translations = {
    en: translation("Hello ${name}", "English"),
    de: translation("Hallo ${onlyHere}"),
    fr: translation("[#if name == 'Bob']Bonjour[/#if] "),
  };
  const written = { en: { subject: "English", body: "Hello Ann" } };
  assert.deepEqual(writeLocalised(translations, { name: "Ann" }, undefined), written);
  assert.deepEqual(
    writeLocalised(translations, { name: "Ann", onlyHere: "x" }, "A title"),
    {
      en: { subject: "A title", body: "Hello Ann" },
      de: { subject: "A title", body: "Hallo x" },
    },
  );
  assert.equal(writeLocalised({ de: translations.de }, { name: "Ann" }, undefined), undefined);
  assert.equal(writeLocalised(undefined, {}, undefined), undefined);
});

Deno.test("writeLocalised: leaves out a translation that exceeds the limit of an inbox message, in bytes", () => {
  const translations = { uk: translation("${name}${name}") };
  const name = "Ї".repeat(INBOX_MAX_BYTES / 4);
  const fits = writeLocalised(translations, { name }, undefined);
  assert.equal(new TextEncoder().encode(fits?.["uk"]?.body).length, INBOX_MAX_BYTES);
  assert.equal(writeLocalised(translations, { name: `${name}x` }, undefined), undefined);
  const far = "x".repeat(INBOX_MAX_BYTES);
  assert.equal(writeLocalised(translations, { name: far }, undefined), undefined);
});
