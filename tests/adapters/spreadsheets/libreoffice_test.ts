import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { sheetMessage } from "../../../domain/csv/faults.ts";
import { readFile } from "./support.ts";

const PATH = "/usr/bin/soffice";

/** Skipped by name without Debian's LibreOffice Calc, but never where CI has to have it. */
const ignore = !existsSync(PATH) && Deno.env.get("CI") !== "true";

const EXPECTED = [
  ["phone number", "name", "when", "note", "paid", "share", "account"],
  [
    "447700900123",
    "Олена Їжакевич",
    "2026-05-12",
    "Вітаємо, Ґалаґан; до зустрічі",
    "TRUE",
    "25%",
    "00123",
  ],
  ["+44 7700 900124", "Siân Llŷr", "2026-12-01", 'Dywedodd "helô",\nac aeth', "FALSE", "7.5%", ""],
  [],
  ["380501234567", "Пётр", "2026-01-31", "Львів", "", "", "40000"],
];

const cell = (content: string, attributes = 'office:value-type="string"') =>
  `<table:table-cell ${attributes}>${content}</table:table-cell>`;
const text = (value: string) =>
  cell(value.split("\n").map((line) => `<text:p>${line}</text:p>`).join(""));
const float = (value: string, style = "") =>
  cell("", `office:value-type="float" office:value="${value}" ${style}`);
const date = (value: string) =>
  cell("", `office:value-type="date" office:date-value="${value}" table:style-name="iso"`);
const share = (value: string) =>
  cell("", `office:value-type="percentage" office:value="${value}" table:style-name="share"`);
const bool = (value: boolean) =>
  cell("", `office:value-type="boolean" office:boolean-value="${value}" table:style-name="bool"`);
const NONE = "<table:table-cell/>";
const row = (...cells: readonly string[]) => `<table:table-row>${cells.join("")}</table:table-row>`;

const SOURCE = `<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"
 xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:automatic-styles>
 <number:date-style style:name="N1"><number:year number:style="long"/><number:text>-</number:text>
  <number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style>
 <number:percentage-style style:name="N2"><number:number number:decimal-places="1" number:min-decimal-places="0"
  number:min-integer-digits="1"/><number:text>%</number:text></number:percentage-style>
 <number:boolean-style style:name="N3"><number:boolean/></number:boolean-style>
 <number:number-style style:name="N4"><number:number number:decimal-places="0" number:min-integer-digits="5"/></number:number-style>
 <number:number-style style:name="N5"><number:number number:decimal-places="0" number:min-integer-digits="1"/></number:number-style>
 <style:style style:name="iso" style:family="table-cell" style:data-style-name="N1"/>
 <style:style style:name="share" style:family="table-cell" style:data-style-name="N2"/>
 <style:style style:name="bool" style:family="table-cell" style:data-style-name="N3"/>
 <style:style style:name="five" style:family="table-cell" style:data-style-name="N4"/>
 <style:style style:name="whole" style:family="table-cell" style:data-style-name="N5"/>
</office:automatic-styles>
<office:body><office:spreadsheet><table:table table:name="People">
${row(...["phone number", "name", "when", "note", "paid", "share", "account"].map(text))}${
  row(
    float("447700900123", 'table:style-name="whole"'),
    text("Олена Їжакевич"),
    date("2026-05-12"),
    text("Вітаємо, Ґалаґан; до зустрічі"),
    bool(true),
    share("0.25"),
    float("123", 'table:style-name="five"'),
  )
}${
  row(
    text("+44 7700 900124"),
    text("Siân Llŷr"),
    date("2026-12-01"),
    text('Dywedodd "helô",\nac aeth'),
    bool(false),
    share("0.075"),
    NONE,
  )
}${row(NONE)}${
  row(
    float("380501234567", 'table:style-name="whole"'),
    text("Пётр"),
    date("2026-01-31"),
    text("Львів"),
    NONE,
    NONE,
    float("40000", 'table:style-name="five"'),
  )
}
</table:table></office:spreadsheet></office:body></office:document>`;

/** The filter's fields: separator, quote, encoding by LibreOffice's number, first line, and so on: cells as shown. */
const csv = (separator: string, encoding: number) =>
  `csv:Text - txt - csv (StarCalc):${separator.charCodeAt(0)},34,${encoding},1,,0,false,true,false`;

interface Made {
  readonly name: string;
  readonly filter: string;
  /** The value as it is stored in this format. */
  readonly holds: (value: string) => string;
}

const whole = (value: string) => value;
/** LibreOffice leaves the zeros of a number's format out of CSV. */
const noZeros = (value: string) => value.replace(/^0+(?=\d)/, "");
/** windows-1251 has no ŷ, â or ô. */
const cyrillic = (value: string) => noZeros(value).replaceAll(/[\u0080-\u03ff\u0500-\uffff]/g, "?");
const FORMATS: readonly Made[] = [
  { name: "CSV in UTF-8", filter: csv(",", 76), holds: noZeros },
  { name: "semicolons in UTF-8", filter: csv(";", 76), holds: noZeros },
  { name: "tabs in UTF-8", filter: csv("\t", 76), holds: noZeros },
  { name: "CSV in UTF-16", filter: csv(",", 65535), holds: noZeros },
  {
    name: "semicolons in windows-1251",
    filter: csv(";", 34),
    holds: cyrillic,
  },
  { name: "XLSX", filter: "xlsx", holds: whole },
  { name: "ODS", filter: "ods", holds: whole },
];

async function convert(
  folder: string,
  { filter }: Pick<Made, "filter">,
  name = "people",
): Promise<Uint8Array<ArrayBuffer>> {
  const out = `${folder}/out`;
  const { success, stderr } = await new Deno.Command(PATH, {
    args: [
      `-env:UserInstallation=file://${folder}/profile`,
      "--headless",
      "--norestore",
      "--convert-to",
      filter,
      "--outdir",
      out,
      `${folder}/${name}.fods`,
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return await Deno.readFile(`${out}/${name}.${filter.split(":")[0]}`);
}

const currency = (value: string, style: string) =>
  cell("", `office:value-type="currency" office:value="${value}" table:style-name="${style}"`);
const percent = (value: string) =>
  cell("", `office:value-type="percentage" office:value="${value}" table:style-name="percent"`);
/** LibreOffice computes the formula when it reads the file. */
const formula = (expression: string) => cell("", `table:formula="of:=${expression}"`);
const number = (name: string, attributes: string) =>
  `<number:number-style style:name="N${name}"><number:number ${attributes}/></number:number-style>` +
  `<style:style style:name="${name}" style:family="table-cell" style:data-style-name="N${name}"/>`;
const money = (name: string, before: string, after: string) =>
  `<number:currency-style style:name="N${name}">${before}<number:number number:decimal-places="2" ` +
  `number:min-decimal-places="2" number:min-integer-digits="1" number:grouping="true"/>${after}` +
  `</number:currency-style>` +
  `<style:style style:name="${name}" style:family="table-cell" style:data-style-name="N${name}"/>`;

const STYLES = number("two", 'number:decimal-places="2" number:min-decimal-places="2"') +
  number(
    "grouped",
    'number:decimal-places="0" number:min-decimal-places="0" number:min-integer-digits="1" number:grouping="true"',
  ) +
  money(
    "pound",
    '<number:currency-symbol number:language="en" number:country="GB">£</number:currency-symbol>',
    "",
  ) +
  money(
    "euro",
    "",
    "<number:text> </number:text>" +
      '<number:currency-symbol number:language="de" number:country="DE">€</number:currency-symbol>',
  ) +
  '<number:percentage-style style:name="Npercent"><number:number number:decimal-places="1" ' +
  'number:min-decimal-places="1" number:min-integer-digits="1"/><number:text>%</number:text></number:percentage-style>' +
  '<style:style style:name="percent" style:family="table-cell" style:data-style-name="Npercent"/>';

/** A sheet with amounts and errors. */
const AMOUNTS = SOURCE.replace(
  /<office:automatic-styles>.*<\/table:table>/s,
  `<office:automatic-styles>${STYLES}</office:automatic-styles>` +
    `<office:body><office:spreadsheet><table:table table:name="Amounts">${
      row(...["phone number", "fee", "price", "euro", "share", "result"].map(text))
    }${
      row(
        float("447700900123", 'table:style-name="grouped"'),
        float("19.9", 'table:style-name="two"'),
        currency("1234.5", "pound"),
        currency("-1234.5", "euro"),
        percent("0.125"),
        formula("1/0"),
      )
    }${
      row(
        text("447700900124"),
        float("1.005", 'table:style-name="two"'),
        currency("0", "pound"),
        currency("1234567.891", "euro"),
        percent("1"),
        formula("NA()"),
      )
    }${row(text("447700900125"), NONE, NONE, NONE, NONE, formula("SQRT(-1)"))}</table:table>`,
);

/** Errors by the format's own names: XLSX has none of LibreOffice's numbers. */
const amounts = (numbered: string) => [
  ["phone number", "fee", "price", "euro", "share", "result"],
  ["447,700,900,123", "19.90", "£1,234.50", "-1,234.50 €", "12.5%", "#DIV/0!"],
  ["447700900124", "1.01", "£0.00", "1,234,567.89 €", "100.0%", "#N/A"],
  ["447700900125", "", "", "", "", numbered],
];

Deno.test({
  name: `readSheet: reads amounts as LibreOffice shows them, and its errors${
    ignore ? " (no LibreOffice)" : ""
  }`,
  ignore,
  fn: async (t) => {
    const folder = await Deno.makeTempDir();
    const formats = [
      { name: "XLSX", filter: "xlsx", numbered: "#VALUE!" },
      { name: "ODS", filter: "ods", numbered: "Err:502" },
    ];
    try {
      await Deno.writeTextFile(`${folder}/amounts.fods`, AMOUNTS);
      for (const { name, filter, numbered } of formats) {
        await t.step(name, async () => {
          const file = await readFile(await convert(folder, { filter }, "amounts"));
          assert.deepEqual(trimmed(file.rows), amounts(numbered));
          assert.deepEqual(file.formatted, [1, 2, 3, 4]);
          assert.deepEqual(file.digits, [[2, 0, "447700900123"]]);
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Only some formats store empty cells at the end of a row. */
function trimmed(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.map((cells) => cells.slice(0, cells.findLastIndex((value) => value !== "") + 1));
}

Deno.test({
  name: `readSheet: reads the same rows from files of LibreOffice${
    ignore ? " (no LibreOffice)" : ""
  }`,
  ignore,
  fn: async (t) => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/people.fods`, SOURCE);
      for (const format of FORMATS) {
        await t.step(format.name, async () => {
          const { rows, fault } = await readFile(await convert(folder, format));
          assert.equal(fault === undefined ? undefined : sheetMessage(fault), undefined);
          assert.deepEqual(
            trimmed(rows),
            trimmed(EXPECTED).map((cells) => cells.map(format.holds)),
          );
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
