import assert from "node:assert/strict";
import { FILE_EXTENSIONS, FILE_TYPES, sniffFileType } from "../../../domain/files/file_types.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const zip = (...names: readonly string[]) =>
  latin1(names.map((name) => `PK\x03\x04${"\0".repeat(26)}${name}`).join(""));
const utf16 = (text: string) => latin1([...text].map((character) => `${character}\0`).join(""));
const compound = (stream: string) =>
  new Uint8Array([...latin1("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ...utf16(stream)]);

const CASES: readonly (readonly [string, Uint8Array, string])[] = [
  ["a PDF", utf8("%PDF-1.7\n…"), "pdf"],
  ["a PNG", latin1("\x89PNG\r\n\x1a\n\0\0"), "png"],
  ["a JPEG", latin1("\xff\xd8\xff\xe0"), "jpg"],
  ["rich text", utf8("{\\rtf1\\ansi}"), "rtf"],
  ["an old Word document", compound("WordDocument"), "doc"],
  ["an old Excel workbook", compound("Workbook"), "application/x-ole-storage"],
  ["a Word document", zip("[Content_Types].xml", "word/document.xml"), "docx"],
  ["an Excel workbook", zip("[Content_Types].xml", "xl/workbook.xml"), "xlsx"],
  ["an OpenDocument text", zip(`mimetype${FILE_TYPES.odt.mime}`), "odt"],
  ["another archive", zip("word.txt"), "application/zip"],
  ["text", utf8("Привіт, light\r\n\tworld"), "txt"],
  ["text of another encoding", latin1("caf\xe9"), "txt"],
  ["text of UTF-16", latin1("\xff\xfea\0b\0"), "txt"],
  ["comma-separated values without a declared type", utf8("a,b\n1,2\n"), "txt"],
  ["JSON", utf8(' {"a": [1]}'), "json"],
  ["nearly JSON", utf8("{a: 1}"), "txt"],
  ["a number, which reads as text", utf8("17"), "txt"],
  ["a page", utf8("\n<!DOCTYPE html><p>x"), "text/html"],
  ["a page without a type", utf8("<HTML><script>"), "text/html"],
  ["an SVG", utf8('<?xml version="1.0"?>\n<svg xmlns="x">'), "image/svg+xml"],
  ["XML", utf8('<?xml version="1.0"?><a/>'), "text/xml"],
  ["a script", utf8("#!/bin/sh\n"), "text/x-shellscript"],
  ["a program", latin1("MZ\x90\0"), "application/x-dosexec"],
  ["another program", latin1("\x7fELF"), "application/x-executable"],
  ["a GIF", utf8("GIF89a"), "image/gif"],
  ["an archive of another kind", latin1("\x1f\x8b\x08"), "application/gzip"],
  ["bytes", latin1("\0\x01\x02"), "application/octet-stream"],
  ["the beginning of a PNG", latin1("\x89PN"), "txt"],
];

for (const [what, bytes, expected] of CASES) {
  Deno.test(`sniffFileType: detects ${what}: ${expected}`, () => {
    const sniffed = sniffFileType(bytes);
    assert.equal(sniffed.extension ?? ("mime" in sniffed ? sniffed.mime : ""), expected);
  });
}

Deno.test("FILE_EXTENSIONS: are those of GOV.UK Notify, in its order", () => {
  assert.deepEqual(FILE_EXTENSIONS, [
    "csv",
    "doc",
    "docx",
    "jpeg",
    "jpg",
    "json",
    "odt",
    "pdf",
    "png",
    "rtf",
    "txt",
    "xlsx",
  ]);
});

Deno.test("sniffFileType: takes linear time for the worst files", () => {
  const worst = (size: number) => {
    const bytes = new Uint8Array(size).fill("W".charCodeAt(0));
    bytes.set(latin1("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"));
    return bytes;
  };
  for (const size of [1_000_000, 2_000_000]) {
    assert.equal(sniffFileType(worst(size)).extension, undefined);
  }
  const spaces = new Uint8Array(2_000_000).fill(0x20);
  assert.equal(sniffFileType(spaces).extension, "txt");
});
