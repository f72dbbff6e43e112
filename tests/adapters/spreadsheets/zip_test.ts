import assert from "node:assert/strict";
import { SheetError } from "../../../adapters/spreadsheets/sheet_error.ts";
import { readZip, ZIP_LIMITS, type ZipLimits } from "../../../adapters/spreadsheets/zip.ts";
import { type Bytes, odsParts, readFile, xlsxParts, zip } from "./support.ts";

const SHEET = "<sheetData><row><c><v>1</v></c></row><row><c><v>2</v></c></row></sheetData>";
const faultOf = async (file: Bytes) => (await readFile(file)).fault;

Deno.test("readZip: reads stored and compressed entries", async () => {
  for (const stored of [true, false]) {
    const file = readZip(await zip([["a", "one"], ["b/c", "x".repeat(200_000)]], { stored }));
    assert.equal(file.has("b/c") && !file.has("c"), true);
    let size = 0;
    for await (const piece of file.open("b/c", new AbortController().signal)) size += piece.length;
    assert.equal(size, 200_000);
  }
});

const INFLATED: readonly (readonly [string, Partial<ZipLimits>, Partial<ZipLimits>])[] = [
  ["a part", { entryBytes: 100_000 }, { entryBytes: 99_999 }],
  ["all parts", { totalBytes: 150_000 }, { totalBytes: 149_999 }],
  ["a small part", { ratio: 2, ratioFromBytes: 100_000 }, { ratio: 2, ratioFromBytes: 99_999 }],
];

for (const [what, enough, less] of INFLATED) {
  Deno.test(`readZip: inflates ${what} up to its limit and no byte more`, async () => {
    const bytes = await zip([["a", " ".repeat(100_000)], ["b", " ".repeat(50_000)]]);
    const inflate = async (limits: Partial<ZipLimits>) => {
      const file = readZip(bytes, { ...ZIP_LIMITS, ...limits });
      for (const part of ["a", "b"]) {
        await Array.fromAsync(file.open(part, new AbortController().signal));
      }
    };
    await inflate(enough);
    await assert.rejects(
      inflate(less),
      (error) => error instanceof SheetError && error.fault.kind === "inflates_too_much",
    );
  });
}

Deno.test("readSheet: stops inflating an entry over the compression ratio", async () => {
  const bomb = " ".repeat(ZIP_LIMITS.ratioFromBytes * 20);
  const file = await zip(xlsxParts(SHEET + bomb));
  assert.ok(bomb.length / file.length > ZIP_LIMITS.ratio);
  assert.deepEqual(await faultOf(file), { kind: "inflates_too_much" });
  const content = odsParts(bomb);
  assert.deepEqual(await faultOf(await zip(content)), { kind: "inflates_too_much" });
  assert.ok(bomb.length < ZIP_LIMITS.entryBytes);
});

Deno.test("readSheet: accepts any compression ratio of small entries", async () => {
  const blanks = " ".repeat(ZIP_LIMITS.ratioFromBytes - 10_000);
  assert.equal(await faultOf(await zip(xlsxParts(SHEET + blanks))), undefined);
});

Deno.test("readSheet: refuses a ZIP file with too many entries", async () => {
  const parts = xlsxParts(SHEET);
  const more = (count: number) =>
    Array.from({ length: count - parts.length }, (_, index) => [`x${index}`, ""] as const);
  assert.equal(await faultOf(await zip([...parts, ...more(ZIP_LIMITS.entries)])), undefined);
  assert.deepEqual(await faultOf(await zip([...parts, ...more(ZIP_LIMITS.entries + 1)])), {
    kind: "too_many_entries",
    maxEntries: ZIP_LIMITS.entries,
  });
});

Deno.test("readSheet: refuses a ZIP file with a password", async () => {
  assert.deepEqual(await faultOf(await zip(xlsxParts(SHEET), { flags: 1 })), { kind: "password" });
});

Deno.test("readSheet: refuses a ZIP file that is truncated anywhere", async () => {
  for (const parts of [xlsxParts(SHEET), odsParts("")]) {
    const file = await zip(parts);
    for (const length of [4, 30, 100, file.length >> 1, file.length - 30, file.length - 1]) {
      assert.deepEqual(await faultOf(file.slice(0, length)), { kind: "damaged" }, `${length}`);
    }
  }
});

Deno.test("readSheet: refuses or reads a ZIP file with any byte changed, and never throws", async () => {
  const file = await zip(xlsxParts(SHEET));
  for (let at = 4; at < file.length; at += 7) {
    const changed = file.slice();
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    await readFile(changed);
  }
});

Deno.test("readSheet: refuses parts that are not XML", async () => {
  const parts = xlsxParts(SHEET).map(([name, content]) =>
    [name, name.includes("sheet1") ? "no" : content] as const
  );
  assert.deepEqual(await faultOf(await zip(parts)), { kind: "damaged" });
});
