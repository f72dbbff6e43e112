import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ASSET_FILES, ASSETS } from "../../../routes/web/assets/assets.ts";
import { test } from "../../support/runner.ts";

/** The most bytes of style sheets and scripts that the pages load, compressed. */
const MAX_STYLES = 8_000;
const MAX_SCRIPTS = 6_000;

const sizeOf = (ending: string) =>
  gzipSync(
    [...ASSET_FILES].filter(([name]) => name.endsWith(ending)).map(([, { text }]) => text).join(""),
  ).length;

test.inside("ASSETS: styles and scripts of all pages are small", () => {
  assert.ok(sizeOf(".css") < MAX_STYLES, `${sizeOf(".css")}`);
  assert.ok(sizeOf(".js") < MAX_SCRIPTS, `${sizeOf(".js")}`);
});

test.inside("ASSETS: names contain a hash of the text, and the style sheet names no other address", () => {
  const names = [...ASSET_FILES.keys()];
  assert.ok(names.every((name) => /^[a-z]+\.[0-9a-f]{16}\.(css|js|svg)$/.test(name)), names.join());
  assert.ok(ASSET_FILES.has(ASSETS.styles.replace("/assets/", "")));
  for (const { text } of ASSET_FILES.values()) {
    assert.doesNotMatch(text.replace("http://www.w3.org/2000/svg", ""), /https?:|url\(|@import/);
  }
});
