import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { assertNothingSent, bodyOf, countOf } from "../support.ts";

async function previewer(hark: TestApplication, settings = {}) {
  const { id } = await hark.newService({ name: "City", ...settings });
  const path = `/manage/services/${id}/templates/preview`;
  return async (draft: unknown, status = 200) =>
    await bodyOf(await hark.manage("POST", path, draft), status);
}

Deno.test("POST …/templates/preview: shows an e-mail as it would be sent; stores and sends nothing", async () => {
  await using hark = await startTestApplication();
  const preview = await previewer(hark, { language: "cy", brand_colour: "#00703c" });
  const { html, ...rest } = await preview({
    channel: "email",
    subject: "Hello  ((name))",
    body: "# Dear ((Name))\n\nYour ((item)) ((late??is late)) - [pay](www.example.com)",
    personalisation: { NAME: "Ann", item: ["a", "b"], colour: "red", size: null },
  });
  assert.deepEqual(rest, {
    channel: "email",
    subject: "Hello Ann",
    body: "# Dear Ann\n\nYour \n\n* a\n* b ((late??is late)) - [pay](www.example.com)",
    text: rest.text,
    sms: null,
    size_bytes: 69,
    placeholders: ["name", "item", "late"],
    missing: ["late"],
    additional: ["colour", "size"],
    advice: [{
      code: "link-without-scheme",
      field: "body",
      line: 3,
      message: "The link's address should begin with https://",
    }],
  });
  assert.match(rest.text, /Dear Ann\n=+/);
  assert.match(html, /^<!DOCTYPE html>\n<html lang="cy" dir="ltr">/);
  assert.match(html, /#00703C/);
  assert.match(html, /<h2[^>]*>\s*Dear Ann/);
  await assertNothingSent(hark);
  assert.equal(await countOf(hark, "templates"), 0);
});

Deno.test("POST …/templates/preview: counts a text's billable fragments and lists the characters that need Unicode", async () => {
  await using hark = await startTestApplication();
  const [plain, bare, older, latin] = [
    await previewer(hark),
    await previewer(hark, { sms_prefix: false }),
    await previewer(hark, { sms_prefix: false, sms_encoding: "downgrade" }),
    await previewer(hark, { sms_prefix: false, sms_transliterate: true }),
  ];
  const draft = { channel: "sms", body: "Вітаю, ((name)) ŵ 🎉", personalisation: { name: "Ann" } };
  const smsOf = ({ sms }: { sms: unknown }) => sms;
  const first = await plain(draft);
  assert.deepEqual([first.subject, first.html], [null, null]);
  assert.deepEqual([first.body, first.text], ["Вітаю, Ann ŵ 🎉", "City: Вітаю, Ann ŵ 🎉"]);
  assert.deepEqual(first.sms, {
    characters: 15,
    fragments: 1,
    encoding: "ucs2",
    non_gsm_characters: ["В", "і", "т", "а", "ю", "ŵ", "🎉"],
  });
  const downgraded = await older(draft);
  assert.equal(downgraded.text, "?????, Ann ŵ ?");
  assert.deepEqual(downgraded.sms.non_gsm_characters, ["ŵ"]);
  const transliterated = await latin({ ...draft, body: "Вітаю, ((name))" });
  assert.equal(transliterated.text, "Vitaiu, Ann");
  assert.equal(transliterated.sms.encoding, "gsm7");
  for (
    const [length, fragments] of [[160, 1], [161, 2], [306, 2], [307, 3], [918, 6]] as const
  ) {
    const sms = smsOf(await bare({ channel: "sms", body: "a".repeat(length) }));
    assert.deepEqual(sms, {
      characters: length,
      fragments,
      encoding: "gsm7",
      non_gsm_characters: [],
    });
  }
  const prefixed = await plain({ channel: "sms", body: "a".repeat(918) });
  assert.deepEqual([prefixed.sms.characters, prefixed.sms.fragments], [918, 7]);
  assert.deepEqual(prefixed.advice, [], "the limit is checked without the service's name");
});

Deno.test("POST …/templates/preview: keeps placeholders that have no value", async () => {
  await using hark = await startTestApplication();
  const preview = await previewer(hark, { sms_prefix: false });
  const body = "Dear ((name)), ((late??you are late))";
  for (const personalisation of [undefined, {}, { other: 1 }, { name: null }]) {
    const shown = await preview({ channel: "sms", body, personalisation });
    assert.equal(shown.text, body);
    assert.deepEqual(shown.missing, ["name", "late"]);
    assert.equal(shown.sms.characters, body.length);
  }
});

Deno.test("POST …/templates/preview: advises when a message is too long, at the limit and not below", async () => {
  await using hark = await startTestApplication();
  const preview = await previewer(hark);
  const codesOf = async (draft: unknown) =>
    (await preview(draft)).advice.map(({ code }: { code: string }) => code);
  assert.deepEqual(await codesOf({ channel: "sms", body: "a".repeat(918) }), []);
  assert.deepEqual(await codesOf({ channel: "sms", body: "a".repeat(919) }), ["too-long"]);
  const email = { channel: "email", subject: "s", body: "((x))" };
  const of = (bytes: number) => ({ ...email, personalisation: { x: "a".repeat(bytes) } });
  assert.deepEqual(await codesOf(of(2_000_000)), []);
  assert.deepEqual(await codesOf(of(2_000_001)), ["too-long"]);
});

Deno.test("POST …/templates/preview: advises too-long and shows no text when rendering would take too long", async () => {
  await using hark = await startTestApplication();
  const preview = await previewer(hark);
  for (const channel of ["email", "sms"] as const) {
    const subject = channel === "email" ? { subject: "s" } : {};
    const draft = { channel, ...subject, body: "((x))" };
    const shown = await preview({ ...draft, personalisation: { x: "&".repeat(1_900_000) } });
    assert.deepEqual([shown.body, shown.text], ["", ""], channel);
    assert.deepEqual(shown.advice.map(({ code }: { code: string }) => code), ["too-long"]);
  }
});

Deno.test("POST …/templates/preview, POST …/templates: 400 when the template itself has too much markup", async () => {
  await using hark = await startTestApplication();
  const { id } = await hark.newService({ name: "City" });
  const templates = `/manage/services/${id}/templates`;
  const draft = { channel: "email", subject: "s", body: "a\n".repeat(100_001) };
  const bodies = [[`${templates}/preview`, draft], [templates, { ...draft, name: "n" }]] as const;
  for (const [path, body] of bodies) {
    const { errors } = await bodyOf(await hark.manage("POST", path, body), 400, path);
    assert.deepEqual(errors, [{
      field: "body",
      message: "has more than 200000 line breaks, punctuation and formatting marks",
    }]);
  }
});

Deno.test("POST …/templates/preview: 400 with the names of invalid fields", async () => {
  await using hark = await startTestApplication();
  const preview = await previewer(hark);
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [{}, ["channel"]],
    [{ channel: "letter", body: "x" }, ["channel"]],
    [{ channel: "sms" }, ["body"]],
    [{ channel: "sms", body: "" }, ["body"]],
    [{ channel: "sms", body: "x", subject: "x" }, ["subject"]],
    [{ channel: "email", body: "x" }, ["subject"]],
    [{ channel: "email", subject: "s", body: "x".repeat(2_000_001) }, ["body"]],
    [{ channel: "sms", body: "x", personalisation: [] }, ["personalisation"]],
    [{ channel: "sms", body: "x", personalisation: "x" }, ["personalisation"]],
    [{ channel: "sms", body: "x", name: "n" }, ["name"]],
  ];
  for (const [draft, fields] of cases) {
    const { errors } = await preview(draft, 400);
    assert.deepEqual(
      errors.map(({ field }: { field: string }) => field),
      fields,
      JSON.stringify(draft).slice(0, 80),
    );
  }
});
