import assert from "node:assert/strict";
import { downgradeToAscii, downgradeToSms } from "../../../domain/template/sms/gsm7.ts";
import { decodeReferences, escapeHtml } from "../../../domain/template/html_text.ts";
import { joinFirstWords, toText } from "../../../domain/python_compat/text.ts";
import {
  sanitiseContent,
  sanitisePersonalisation,
} from "../../../domain/template/sanitise_content.ts";
import { tidyTypography } from "../../../domain/template/typography.ts";

const TYPOGRAPHY: readonly (readonly [string, string])[] = [
  ["a , b .", "a, b."],
  ["\"Isn't\" it 'so'", "“Isn’t” it ‘so’"],
  ["o'brien@example.com", "o'brien@example.com"],
  ["a - b -- c — d well-known", "a – b – c – d well-known"],
  ["a - - b ---- c", "a – - b ---- c"],
  ["<a href=\"x\">it's</a> it's", '<a href="x">it\'s</a> it’s'],
];
for (const [text, expected] of TYPOGRAPHY) {
  Deno.test(`tidyTypography makes ${expected} of ${text}`, () =>
    assert.equal(tidyTypography(text), expected));
}

const FIRST_WORDS: readonly (readonly [string, number, string])[] = [
  ["", 3, ""],
  [" \n", 3, ""],
  [" a \t b\n", 9, "a b"],
  ["ab cd", 3, "ab"],
  ["ab cd", 4, "ab c"],
  ["😀😀 b", 2, "😀😀"],
];
for (const [text, characters, expected] of FIRST_WORDS) {
  Deno.test(`joinFirstWords makes ${JSON.stringify(expected)} of ${JSON.stringify(text)} with ${characters} characters`, () =>
    assert.equal(joinFirstWords(text, characters), expected));
}

const ESCAPED: readonly (readonly [string, string])[] = [
  ["<b>&</b>", "&lt;b&gt;&amp;&lt;/b&gt;"],
  ["&lt;b&gt;", "&lt;b&gt;"],
  ["&nbsp;&amp;&copy;", "&nbsp;&amp;©"],
  ["&#60;script&#x3e;", "&lt;script&gt;"],
  ["&copy &amp;lt;", "&amp;copy &amp;lt;"],
  ["\"'", "\"'"],
];
for (const [text, expected] of ESCAPED) {
  Deno.test(`escapeHtml makes ${expected} of ${text}`, () =>
    assert.equal(escapeHtml(text), expected));
}

Deno.test("decodeReferences decodes as a browser does", () => {
  assert.equal(
    decodeReferences("&lt;&notit;&#128;&#0;&#xd800;&nosuch;&copy"),
    "<¬it;€\ufffd\ufffd&nosuch;©",
  );
});

Deno.test("sanitiseContent takes links and markdown out of a value", () => {
  assert.equal(
    sanitiseContent("[x](https://evil.link) *b* J.K."),
    "\\[x\\]\\(\\) \\*b\\* J\\.K\\.",
  );
  assert.equal(sanitiseContent("a.bc"), "a\\. bc");
});

Deno.test("sanitisePersonalisation changes the named values and says which", () => {
  const { personalisation, changes } = sanitisePersonalisation({
    First_Name: "a_b",
    x: "c_d",
    n: 1,
  }, ["first name", "n"]);
  assert.deepEqual(personalisation, { First_Name: "a\\_b", x: "c_d", n: 1 });
  assert.deepEqual(changes, { First_Name: { unsanitised: "a_b", sanitised: "a\\_b" } });
});

Deno.test("downgradeToSms and downgradeToAscii go to the base letter, one step down", () => {
  assert.equal(downgradeToSms("ǖçŵłé…😀"), "üÇŵlé...?".replace("Ç", "c"));
  assert.equal(downgradeToAscii("éł–ǖ"), "el-?");
});

Deno.test("toText writes values as the peer does", () => {
  const values = [1, 1.5, 0.00001, true, null, [1, "a'b", [true]], { k: "v" }, "x"];
  const texts = ["1", "1.5", "1e-05", "True", "None", '[1, "a\'b", [True]]', "{'k': 'v'}", "x"];
  assert.deepEqual(values.map(toText), texts);
});
