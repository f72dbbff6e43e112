import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { ADDRESS_ATTEMPTS, retryAfterS } from "../../../domain/files/attempts.ts";
import { parseDocumentRef, parseLinkKey, toFileLink } from "../../../domain/files/link.ts";
import { toSizeText } from "../../../domain/files/size.ts";
import type { DocumentId, ServiceId } from "../../../domain/ids.ts";
import { renderEmailContent } from "../../../domain/template/email/email.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";

const uuid = fc.uuid().map((id) => id.toLowerCase());
const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => bytes.toBase64({ alphabet: "base64url", omitPadding: true }));

Deno.test("parseDocumentRef and parseLinkKey: parse links of toFileLink", () => {
  fc.assert(fc.property(uuid, uuid, key, (service, document, key) => {
    const serviceId = service as ServiceId;
    const documentId = document as DocumentId;
    const link = new URL(toFileLink("https://hark.example/", serviceId, { documentId, key }));
    const [, d, ...segments] = link.pathname.split("/");
    assert.equal(d, "d");
    assert.deepEqual(parseDocumentRef(segments[0] ?? "", segments[1] ?? ""), {
      serviceId,
      documentId,
    });
    const bytes = parseLinkKey(link.searchParams.get("key") ?? undefined);
    assert.equal(bytes?.toBase64({ alphabet: "base64url", omitPadding: true }), key);
  }));
});

const WRONG = ["", "x", "A".repeat(21), "A".repeat(23), `${"A".repeat(21)}B`, "A".repeat(44), "é"];
for (const segment of WRONG) {
  Deno.test(`parseDocumentRef and parseLinkKey: refuse ${JSON.stringify(segment)}`, () => {
    const right = "A".repeat(22);
    assert.equal(parseDocumentRef(segment, right), undefined);
    assert.equal(parseDocumentRef(right, segment), undefined);
    assert.equal(parseLinkKey(segment), undefined);
  });
}

Deno.test("toFileLink: a link passes through an e-mail's body unchanged, with any key", () => {
  const templates = ["((doc))", "Get ((doc)).", "* ((doc))\n* x", "# ((doc))", "^ ((doc))"]
    .map((body) => parseTemplate({ channel: "email", subject: "s", body }));
  const worst = fc.array(fc.constantFrom("-", "_", "A"), { minLength: 43, maxLength: 43 })
    .map((characters) => characters.join(""));
  fc.assert(fc.property(uuid, fc.oneof(key, worst), (id, key) => {
    const slot = { documentId: id as DocumentId, key };
    const doc = toFileLink("https://hark.example/", id as ServiceId, slot);
    for (const template of templates) {
      assert.ok(renderEmailContent(template, { doc }).body.includes(doc));
    }
  }));
});

Deno.test("retryAfterS: returns the end of the window in whole seconds, at least 1", () => {
  const { windowMs } = ADDRESS_ATTEMPTS;
  assert.equal(retryAfterS(1_000, 1_000), windowMs / 1000);
  assert.equal(retryAfterS(1_000, 1_001), windowMs / 1000);
  assert.equal(retryAfterS(1_000, 1_000 + windowMs - 1), 1);
  assert.equal(retryAfterS(1_000, 1_000 + windowMs), 1);
});

const SIZES: readonly (readonly [number, string])[] = [
  [1, "1 byte"],
  [999, "999 bytes"],
  [1_000, "1 KB"],
  [4_249, "4.2 KB"],
  [999_949, "999.9 KB"],
  [999_950, "1 MB"],
  [2_098_176, "2.1 MB"],
];
for (const [bytes, text] of SIZES) {
  Deno.test(`toSizeText: formats ${bytes} as ${text}`, () => assert.equal(toSizeText(bytes), text));
}
