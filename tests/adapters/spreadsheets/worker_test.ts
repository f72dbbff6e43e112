/** {@link readSheet} in a real workerd: its decoders and its inflating are the runtime's own. */
import assert from "node:assert/strict";
import { bundleWorker, startWorker, WORKER_TEST } from "../../support/workerd.ts";
import { type Bytes, odsParts, readFile, xlsxParts, zip } from "./support.ts";

const HEADER = "phone number;";
const ascii = (text: string) => [...new TextEncoder().encode(text)];

function utf16be(text: string): Bytes {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at));
  return new Uint8Array(view.buffer);
}

const SHEET = '<sheetData><row><c t="str"><v>phone number</v></c></row>' +
  "<row><c><v>447700900123</v></c></row></sheetData>";
const TABLE = "<table:table><table:table-row><table:table-cell><text:p>name</text:p>" +
  "</table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>Їжак" +
  "</text:p></table:table-cell></table:table-row></table:table>";

Deno.test({
  name: "readSheet: returns the same rows and faults in workerd",
  ...WORKER_TEST,
  fn: async () => {
    const entry = new URL("worker.ts", import.meta.url);
    await using worker = await startWorker({ script: await bundleWorker(entry), bindings: {} });
    const xlsx = await zip(xlsxParts(SHEET));
    const files: readonly (readonly [string, Bytes])[] = [
      ["UTF-8", new TextEncoder().encode(`${HEADER}ім’я\n1;Їжак`)],
      // Їжак and Noël, in the encodings that hold them.
      ["windows-1251", Uint8Array.from([...ascii(`${HEADER}x\n1;`), 0xaf, 0xe6, 0xe0, 0xea])],
      ["windows-1252", Uint8Array.from([...ascii(`${HEADER}x\n1;No`), 0xeb, ...ascii("l\n")])],
      ["windows-1250", Uint8Array.from([...ascii(`${HEADER}x\n1;D`), 0xb9, ...ascii("browski\n")])],
      ["UTF-8 with a fault", Uint8Array.from([...new TextEncoder().encode("Їжак;x\n1;"), 0xd0])],
      ["UTF-16", utf16be(`${HEADER}x\n1;Їжак`)],
      ["XLSX", xlsx],
      ["ODS", await zip(odsParts(TABLE))],
      ["XLSX that is cut off", xlsx.slice(0, xlsx.length >> 1)],
      ["XLSX with a broken part", xlsx.map((byte, at) => at > 100 && at < 110 ? 0xff : byte)],
      ["a bomb", await zip(xlsxParts(SHEET + " ".repeat(20_000_000)))],
      ["NUL", new TextEncoder().encode(`${HEADER}x\n1;\0`)],
      ["nothing", new Uint8Array()],
    ];
    for (const [what, file] of files) {
      const answer = await worker.fetch("/", { method: "POST", body: file });
      const { rows, fault = null } = await readFile(file);
      const got = await answer.json();
      // How many rows come before a fault depends on the runtime's chunks.
      const expected = fault === null ? { rows, fault } : { rows: got.rows, fault };
      assert.deepEqual(got, expected, what);
    }
  },
});
