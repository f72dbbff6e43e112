import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { toContentDisposition, toSafeFileName } from "../../../domain/files/file_name.ts";
import { FILE_EXTENSIONS } from "../../../domain/files/file_types.ts";
import type { DocumentId } from "../../../domain/ids.ts";

const ID = "6a1b2c3d-0000-4000-8000-0000000000ff" as DocumentId;

const NAMES: readonly (readonly [string | null, string])[] = [
  ["report.pdf", "report.pdf"],
  ["Report 2026 (final).PDF", "Report 2026 (final).pdf"],
  ["звіт.pdf", "звіт.pdf"],
  [null, `${ID}.pdf`],
  [".pdf", `${ID}.pdf`],
  ["..pdf", `${ID}.pdf`],
  ["../../etc/passwd.pdf", "passwd.pdf"],
  ["C:\\Windows\\system.pdf", "system.pdf"],
  ["/.pdf", `${ID}.pdf`],
  ["a\r\nSet-Cookie: x=1.pdf", "a__Set-Cookie_ x=1.pdf"],
  ['a"; filename="evil.exe".pdf', "a_; filename=_evil.exe_.pdf"],
  ["gpj.\u202efdp.pdf", "gpj._fdp.pdf"],
  ["a\u0000b.pdf", "a_b.pdf"],
  ["a\ud800b.pdf", "a_b.pdf"],
  ["...hidden.pdf", "hidden.pdf"],
  ["name.pdf ", "name.pdf"],
  ["<script>.pdf", "_script_.pdf"],
];

for (const [name, expected] of NAMES) {
  Deno.test(`toSafeFileName: turns ${JSON.stringify(name)} into ${JSON.stringify(expected)}`, () => {
    assert.equal(toSafeFileName(name, ID, "pdf"), expected);
  });
}

Deno.test("toSafeFileName: ends with its type and is neither a path nor a dot file, for any name", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" })),
      fc.constantFrom(...FILE_EXTENSIONS),
      (name, type) => {
        const safe = toSafeFileName(name, ID, type);
        assert.ok(safe.endsWith(`.${type}`) && safe.length > type.length + 1);
        assert.ok(!safe.startsWith(".") && safe.isWellFormed());
        assert.ok(!/[\p{Cc}\p{Cf}"*/:<>?\\|]/u.test(safe));
        const header = toContentDisposition(safe);
        assert.match(
          header,
          /^attachment; filename="[A-Za-z0-9 ._()-]+"(?:; filename\*=UTF-8''[A-Za-z0-9!~._%-]+)?$/,
        );
        assert.equal(new Headers({ a: header }).get("a"), header);
      },
    ),
  );
});

const HEADERS: readonly (readonly [string, string])[] = [
  ["report.pdf", 'attachment; filename="report.pdf"'],
  [
    "звіт.pdf",
    "attachment; filename=\"____.pdf\"; filename*=UTF-8''%D0%B7%D0%B2%D1%96%D1%82.pdf",
  ],
  ["it's 100%.pdf", "attachment; filename=\"it_s 100_.pdf\"; filename*=UTF-8''it%27s%20100%25.pdf"],
];

for (const [name, expected] of HEADERS) {
  Deno.test(`toContentDisposition: writes ${name} in both forms`, () => {
    assert.equal(toContentDisposition(name), expected);
  });
}
