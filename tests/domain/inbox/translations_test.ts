import assert from "node:assert/strict";
import {
  MAX_LANGUAGE_RANGES,
  readLanguages,
  selectTranslation,
} from "../../../domain/inbox/translations.ts";

Deno.test("readLanguages: puts the most wanted first and leaves out what cannot be read", () => {
  const cases: readonly (readonly [string | undefined, readonly string[]])[] = [
    [undefined, []],
    ["", []],
    ["uk", ["uk"]],
    ["uk-UA, uk;q=0.9, en-US;q=0.8, en;q=0.7", ["uk-ua", "uk", "en-us", "en"]],
    ["en;q=0.1,uk", ["uk", "en"]],
    ["en ; q=0.5 , uk ;q=1.000", ["uk", "en"]],
    ["de, en;q=0, *;q=0.1", ["de", "*"]],
    ["en;q=2, uk;q=-1, ;, ukrainian1234567, <b>, de;q=0.1234", []],
    ["de;q=0.5, en;q=0.5", ["de", "en"]],
  ];
  for (const [header, expected] of cases) assert.deepEqual(readLanguages(header), expected);
});

Deno.test("readLanguages: looks at so many languages and no more", () => {
  const tags = Array.from({ length: MAX_LANGUAGE_RANGES + 1 }, (_, i) => `a${"b".repeat(i % 7)}`);
  assert.equal(readLanguages(tags.slice(1).join(",")).length, MAX_LANGUAGE_RANGES);
  assert.equal(readLanguages(tags.join(",")).length, MAX_LANGUAGE_RANGES);
});

Deno.test("selectTranslation: accepts the language that is wanted most, else the default", () => {
  const word = (subject: string) => ({ subject, body: "" });
  const message = {
    ...word("default"),
    localised: { en: word("en"), "uk-UA": word("uk-UA"), "zh-Hant": word("zh-Hant") },
  };
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ["", undefined, "default"],
    ["en", undefined, "en"],
    ["EN-gb", undefined, "en"],
    ["en-x-plain", undefined, "en"],
    ["uk", undefined, "uk-UA"],
    ["uk-UA", undefined, "uk-UA"],
    ["fr", undefined, "default"],
    ["fr, en;q=0.5", undefined, "en"],
    ["zh-Hant-TW", undefined, "zh-Hant"],
    ["e", undefined, "default"],
    ["*, en;q=0.5", undefined, "default"],
    ["de, en;q=0.5", "de", "default"],
    ["de-AT, en;q=0.5", "de", "default"],
    ["en, de;q=0.5", "de", "en"],
    ["en", "en", "en"],
    ["en;q=0", undefined, "default"],
    ["constructor, __proto__", undefined, "default"],
  ];
  for (const [header, ofDefault, expected] of cases) {
    const { subject, language } = selectTranslation(message, readLanguages(header), ofDefault);
    assert.equal(subject, expected, header);
    assert.equal(language, expected === "default" ? undefined : expected, header);
  }
});

Deno.test("selectTranslation: accepts a message's own language for its default, before the service's", () => {
  const word = (subject: string) => ({ subject, body: "" });
  const message = { ...word("own"), language: "en", localised: { uk: word("uk") } };
  for (
    const [header, expected, tag] of [
      ["uk", "uk", "uk"],
      ["en, uk;q=0.5", "own", "en"],
      ["", "own", "en"],
      ["fr", "own", "en"],
    ] as const
  ) {
    const { subject, language } = selectTranslation(message, readLanguages(header), "uk");
    assert.deepEqual([subject, language], [expected, tag], header);
  }
});
