import assert from "node:assert/strict";
import {
  MAX_ACCEPT_LANGUAGE_LENGTH,
  preferredLanguage,
} from "../../../../routes/registry/settings/language.ts";
import { test } from "../../../support/runner.ts";

test.inside("preferredLanguage: the first language of the greatest weight", () => {
  const cases: readonly (readonly [string | undefined, string | undefined])[] = [
    [undefined, undefined],
    ["", undefined],
    ["*", undefined],
    ["uk", "uk"],
    ["uk-UA,uk;q=0.9,en;q=0.8", "uk-UA"],
    ["en;q=0.3, uk;q=0.7, de", "de"],
    ["en;q=0.5,uk;q=0.5", "en"],
    ["en;q=0, uk;q=0.001", "uk"],
    ["en;q=2, uk;Q=0.1", "uk"],
    ["<script>, pl", "pl"],
    ["uk\r\nBcc: a@b.cc", undefined],
  ];
  for (const [header, language] of cases) {
    assert.equal(preferredLanguage(header), language, header ?? "none");
  }
  const padded = (length: number) => `uk${" ".repeat(length - 2)}`;
  assert.equal(preferredLanguage(padded(MAX_ACCEPT_LANGUAGE_LENGTH)), "uk");
  assert.equal(preferredLanguage(padded(MAX_ACCEPT_LANGUAGE_LENGTH + 1)), undefined);
});
