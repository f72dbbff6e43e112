import assert from "node:assert/strict";
import { formatTime } from "../../../routes/web/texts/dates.ts";
import { TEXTS } from "../../../routes/web/texts/languages.ts";
import { createPlural, LANGUAGES, LOCALES } from "../../../routes/web/texts/plural.ts";
import { test } from "../../support/runner.ts";

/** Every text of a table with the path of its keys. A function is called with marks in the places of its values. */
function textsOf(table: unknown, path = ""): readonly (readonly [string, string])[] {
  if (typeof table === "string") return [[path, table]];
  if (typeof table === "function") {
    const values = Array.from({ length: table.length }, (_, index) => `<${index}>`);
    return [[path, String(table(...values))]];
  }
  if (typeof table !== "object" || table === null) throw new Error(`${path} is not a text`);
  return Object.entries(table).flatMap(([key, value]) => textsOf(value, `${path}.${key}`));
}

test.inside("TEXTS: every language has every text, and none is empty", () => {
  const paths = textsOf(TEXTS.en).map(([path]) => path);
  assert.ok(paths.length > 150);
  for (const language of LANGUAGES) {
    const texts = textsOf(TEXTS[language]);
    assert.deepEqual(texts.map(([path]) => path).sort(), paths.toSorted(), language);
    assert.deepEqual(texts.filter(([, text]) => text.trim() === ""), []);
  }
});

test.inside("TEXTS: a translation is not the English text, and has Cyrillic letters", () => {
  const english = new Map(textsOf(TEXTS.en));
  const untranslated = textsOf(TEXTS.uk).filter(([path, text]) =>
    path !== ".languageName" && (text === english.get(path) || !/\p{Script=Cyrillic}/u.test(text))
  );
  assert.deepEqual(untranslated, []);
});

test.inside("TEXTS: a text with values shows each of them in every language", () => {
  for (const language of LANGUAGES) {
    for (const [path, text] of textsOf(TEXTS[language])) {
      const english = textsOf(TEXTS.en).find(([name]) => name === path)?.[1] ?? "";
      const marks = (words: string) => words.match(/<\d+>/g)?.toSorted();
      assert.deepEqual(marks(text), marks(english), `${language}${path}`);
    }
  }
});

test.inside("TEXTS: counts have the words of each plural category of the language", () => {
  const categories = (language: typeof LANGUAGES[number]) =>
    new Intl.PluralRules(LOCALES[language]).resolvedOptions().pluralCategories;
  assert.deepEqual(categories("uk").toSorted(), ["few", "many", "one", "other"]);
  const { minutes } = TEXTS.uk.waits;
  assert.deepEqual(
    [1, 2, 5, 21, 22, 25, 11].map(minutes),
    ["1 хвилину", "2 хвилини", "5 хвилин", "21 хвилину", "22 хвилини", "25 хвилин", "11 хвилин"],
  );
  assert.deepEqual([1, 2].map(TEXTS.en.waits.minutes), ["1 minute", "2 minutes"]);
});

test.inside("createPlural: falls back to the words for other numbers, and groups digits", () => {
  const plural = createPlural("en", { other: "{n} texts" });
  assert.deepEqual([plural(1), plural(12_345)], ["1 texts", "12,345 texts"]);
});

test.inside("formatTime: writes each language and time zone, and makes no format anew for each row", () => {
  const at = Date.UTC(2026, 10, 30, 22, 15);
  const write = () => [
    formatTime(at, "en", "UTC"),
    formatTime(at, "en", "Europe/Kyiv"),
    formatTime(at, "uk", "Europe/Kyiv"),
  ];
  const written = write();
  assert.deepEqual(written.slice(0, 2), ["30 Nov 2026, 22:15", "1 Dec 2026, 00:15"]);
  assert.match(written[2] ?? "", /^1 груд\. 2026/);
  const { DateTimeFormat } = Intl;
  Intl.DateTimeFormat = new Proxy(DateTimeFormat, {
    construct: () => {
      throw new Error("a format is made anew");
    },
  });
  try {
    assert.deepEqual(write(), written);
  } finally {
    Intl.DateTimeFormat = DateTimeFormat;
  }
});
