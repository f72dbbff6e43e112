import assert from "node:assert/strict";
import type { FileFault } from "../../../domain/files/faults.ts";
import {
  type FileRequest,
  linkFiles,
  MAX_FILE_BYTES,
  MAX_FILE_NAME_LENGTH,
  planDocuments,
} from "../../../domain/files/plan_files.ts";
import type { DocumentId, ServiceId } from "../../../domain/ids.ts";

const SERVICE = "6a1b2c3d-0000-4000-8000-0000000000ff" as ServiceId;
const LINKS = {
  root: "https://hark.example/",
  slots: ["1", "2"].map((digit) => ({
    documentId: `${digit}a1b2c3d-0000-4000-8000-0000000000ff` as DocumentId,
    key: digit.repeat(43),
  })),
};

const file = (fields: Partial<FileRequest> = {}): FileRequest => ({
  placeholder: "doc",
  content: "aGk=",
  fileName: null,
  isCsv: false,
  confirmEmail: true,
  retentionWeeks: 26,
  ...fields,
});

const CONTENTS: readonly (readonly [string, FileFault["kind"] | number])[] = [
  ["aGk=", 2],
  ["aGkh", 3],
  [" aG\r\nk=\n", 2],
  ["", "empty"],
  ["\n", "empty"],
  ["aGk", "not-base64"],
  ["aGl=", "not-base64"],
  ["aGk==", "not-base64"],
  ["aG-_", "not-base64"],
  ["a", "not-base64"],
  ["====", "not-base64"],
  ["data:text/plain;base64,aGk=", "not-base64"],
  ["aGk=aGk=", "not-base64"],
  ["привіт", "not-base64"],
  ["aGk\u0000", "not-base64"],
];

const planOne = (fields: Partial<FileRequest>) => planDocuments(LINKS, [file(fields)], 0);

for (const [content, expected] of CONTENTS) {
  Deno.test(`planDocuments: decodes ${JSON.stringify(content)} as ${expected}`, () => {
    const planned = planOne({ content, fileName: "a.pdf" });
    assert.equal(planned.ok ? planned.value[0]?.bytes.length : planned.refusal.kind, expected);
  });
}

Deno.test("planDocuments: accepts 2 MiB and 1 KiB, and not a byte more", () => {
  assert.equal(MAX_FILE_BYTES, 2_098_176);
  const contentOf = (size: number) => new Uint8Array(size).toBase64();
  const largest = planOne({ content: contentOf(MAX_FILE_BYTES), fileName: "a.pdf" });
  assert.equal(largest.ok && largest.value[0]?.bytes.length, MAX_FILE_BYTES);
  const larger = planOne({ content: contentOf(MAX_FILE_BYTES + 1), fileName: "a.pdf" });
  assert.deepEqual(larger, { ok: false, refusal: { kind: "too-large" } });
});

const NAMES: readonly (readonly [string, string])[] = [
  ["file.csv", "csv"],
  ["FILE.PDF", "pdf"],
  ["a.b.docx", "docx"],
  [".csv", "csv"],
  ["photo.jpeg", "jpeg"],
  ["файл.txt", "txt"],
  [`${"a".repeat(MAX_FILE_NAME_LENGTH - 4)}.pdf`, "pdf"],
  [`${"😀".repeat(MAX_FILE_NAME_LENGTH - 4)}.pdf`, "pdf"],
  [`${"a".repeat(MAX_FILE_NAME_LENGTH - 3)}.pdf`, "name-too-long"],
  ["file", "no-extension"],
  ["file.", "no-extension"],
  [".", "no-extension"],
  ["", "no-extension"],
  ["virus.exe", ".exe"],
  ["virus.pdf.EXE", ".exe"],
  ["page.html", ".html"],
  ["a.pdf ", ".pdf "],
  ["a.constructor", ".constructor"],
];

for (const [name, expected] of NAMES) {
  Deno.test(`planDocuments: reads the name ${JSON.stringify(name).slice(0, 40)} as ${expected}`, () => {
    const planned = planOne({ fileName: name });
    const { refusal } = planned.ok ? { refusal: undefined } : planned;
    const fault = refusal?.kind === "unsupported-type" ? refusal.type : refusal?.kind;
    assert.equal(planned.ok ? planned.value[0]?.type : fault, expected);
  });
}

Deno.test("planDocuments: assigns a slot, a type and an expiry to each file", () => {
  const now = 1_000;
  const planned = planDocuments(LINKS, [
    file({ fileName: "a.pdf", retentionWeeks: 1, confirmEmail: false }),
    file({ placeholder: "other", isCsv: true, retentionWeeks: 78 }),
  ], now);
  assert.ok(planned.ok);
  assert.deepEqual(
    planned.value.map(({ bytes, ...rest }) => ({ ...rest, size: bytes.length })),
    [
      {
        id: LINKS.slots[0]?.documentId,
        key: LINKS.slots[0]?.key,
        size: 2,
        name: "a.pdf",
        type: "pdf",
        confirmEmail: false,
        expiresAt: now + 7 * 86_400_000,
      },
      {
        id: LINKS.slots[1]?.documentId,
        key: LINKS.slots[1]?.key,
        size: 2,
        name: null,
        type: "csv",
        confirmEmail: true,
        expiresAt: now + 78 * 7 * 86_400_000,
      },
    ],
  );
});

Deno.test("planDocuments: refuses all files when one has a fault", () => {
  const planned = planDocuments(LINKS, [file(), file({ content: "MZ..".repeat(2) })], 0);
  assert.deepEqual(planned, { ok: false, refusal: { kind: "not-base64" } });
});

Deno.test("planDocuments: reports the detected type of a file without a name", () => {
  const content = new TextEncoder().encode("MZ\u0000\u0001").toBase64();
  assert.deepEqual(planDocuments(LINKS, [file({ content })], 0), {
    ok: false,
    refusal: { kind: "unsupported-type", type: "application/x-dosexec" },
  });
});

Deno.test("linkFiles: links a smoke test's files to the test document", () => {
  const files = [file(), file({ placeholder: "other" })];
  const test = `https://hark.example/services/${SERVICE}/documents/test-document`;
  assert.deepEqual([...linkFiles(LINKS, SERVICE, files, true)], [["doc", test], ["other", test]]);
  const links = [...linkFiles(LINKS, SERVICE, files, false).values()];
  assert.equal(new Set(links).size, 2);
  for (const link of links) {
    assert.match(link, /^https:\/\/hark\.example\/d\/[\w-]{22}\/[\w-]{22}\?key=[\w-]{43}$/);
  }
});
