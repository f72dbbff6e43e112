import assert from "node:assert/strict";
import { findKeyword, keywordReply } from "../../../domain/inbound/keywords.ts";

const GB = "447700900123";
const UA = "380501234567";
const CA = "15145550123";

const CASES: readonly (readonly [string, string, string, string | undefined])[] = [
  ["STOP", "GB", GB, "stop"],
  ["  stop.\n", "GB", GB, "stop"],
  ["«Stop»", "GB", GB, "stop"],
  ["StopAll", "GB", GB, "stop"],
  ["unsubscribe", "UA", UA, "stop"],
  ["START", "GB", GB, "start"],
  ["help?", "GB", GB, "help"],
  ["СТОП", "UA", UA, "stop"],
  ["стоп", "GB", UA, "stop"],
  ["стоп", "UA", GB, "stop"],
  ["СТОП", "GB", GB, undefined],
  ["ARRET", "CA", CA, "stop"],
  ["arrêt", "FR", GB, "stop"],
  ["arre\u0302t", "FR", GB, "stop"],
  ["ARRET", "GB", GB, undefined],
  ["AIDE", "CA", CA, "help"],
  ["STOP it", "GB", GB, undefined],
  ["don't stop", "GB", GB, undefined],
  ["", "GB", GB, undefined],
  ["7", "GB", GB, undefined],
  ["constructor", "GB", GB, undefined],
  ["stop", "XX", "HARK", "stop"],
];

for (const [message, country, from, expected] of CASES) {
  Deno.test(`findKeyword: ${expected ?? "nothing"} for ${JSON.stringify(message)} in ${country} from ${from}`, () => {
    assert.equal(findKeyword(message, country, from), expected);
  });
}

Deno.test("findKeyword: takes a time that does not depend on how blanks and marks are arranged", () => {
  const started = performance.now();
  for (const message of [`${" ".repeat(10_000)}x y`, `${"!".repeat(10_000)}`, "x".repeat(10_000)]) {
    assert.equal(findKeyword(message, "GB", GB), undefined);
  }
  assert.ok(performance.now() - started < 1_000);
});

Deno.test("keywordReply: has the service's name and language, and English for another language", () => {
  assert.match(keywordReply("stop", "Library", "en"), /^Library: you will get no more/);
  assert.match(keywordReply("stop", "Бібліотека", "uk-UA"), /^Бібліотека: ви більше/);
  assert.match(keywordReply("help", "Library", "constructor"), /^Library: send STOP/);
});
