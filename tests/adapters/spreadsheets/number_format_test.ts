import assert from "node:assert/strict";
import { XLSX_MAX_FORMAT_PLACES } from "../../../adapters/spreadsheets/limits.ts";
import { builtInCode, readNumberFormat } from "../../../adapters/spreadsheets/number_format.ts";

const ACCOUNTING = '_-£* #,##0.00_-;-£* #,##0.00_-;_-£* "-"??_-;_-@_-';
const US_PHONE = "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####";

/** A format code, a number, and the text that Excel shows with the separators of English. */
const SHOWN: readonly (readonly [code: string, value: number, text: string])[] = [
  ["#,##0.00", 1234567.891, "1,234,567.89"],
  ["#,##0.00", -1234.5, "-1,234.50"],
  ["#,##0.00", 0, "0.00"],
  ["#,##0", 999.5, "1,000"],
  ["#,##0.0#", 1.5, "1.5"],
  ["0.00", 19.9, "19.90"],
  ["0.00", 1.005, "1.01"],
  ["0.00", -1.005, "-1.01"],
  ["0.00", 2.675, "2.68"],
  ["0.00", 99.995, "100.00"],
  ["0.00", -0.001, "0.00"],
  ["0.00", 1e20, "100000000000000000000.00"],
  ["0", 2.5, "3"],
  ["0", -2.5, "-3"],
  ["0", 447700900123, "447700900123"],
  ["0", 0.4, "0"],
  ["#", 0, ""],
  ["#.##", 0.5, ".5"],
  ["#.##", 5, "5"],
  ["0.#%", 0.25, "25%"],
  ["0.#%", 0.075, "7.5%"],
  ["0%", 0.125, "13%"],
  ["0.0%", 0.125, "12.5%"],
  ["0.00 %", 0.125, "12.50 %"],
  ["£#,##0.00", 1234.5, "£1,234.50"],
  ["£#,##0.00", -1234.5, "-£1,234.50"],
  ["[$£-809]#,##0.00", 1234.5, "£1,234.50"],
  ["[$£-809]#,##0.00;[RED]-[$£-809]#,##0.00", -1234.5, "-£1,234.50"],
  ["#,##0.00 [$€-407]", 1234.5, "1,234.50 €"],
  ["[$€-x-euro2] #,##0.00", 1234.5, "€ 1,234.50"],
  ["[$CHF] #,##0.00", 1234.5, "CHF 1,234.50"],
  ['#,##0.00\\ "грн."', 1234.5, "1,234.50 грн."],
  ["[$-407]#,##0.00", 1234.5, "1.234,50"],
  ["[$-422]#,##0.00", 1234.5, "1\u00a0234,50"],
  ["[$-uk-UA]#,##0.00", 1234.5, "1\u00a0234,50"],
  ["[$-409]#,##0.00", 1234.5, "1,234.50"],
  [ACCOUNTING, 1234.5, "£1,234.50"],
  [ACCOUNTING, -1234.5, "-£1,234.50"],
  [ACCOUNTING, 0, "£-"],
  ["#,##0.00_);(#,##0.00)", 1234.5, "1,234.50"],
  ["#,##0.00_);[Red](#,##0.00)", -1234.5, "(1,234.50)"],
  ["#,##0.00_);[Red]\\(#,##0.00\\)", -1234.5, "(1,234.50)"],
  ['0.00;-0.00;"nothing"', 0, "nothing"],
  ["0.00;;", -1, ""],
  [";;;", 5, ""],
  ['"Yes";"No";"Never"', -1, "No"],
  ["00000", 42, "00042"],
  ["00000000000", 7700900123, "07700900123"],
  ["00-00-00", 123456, "12-34-56"],
  ["0000 000 000", 1234567890, "1234 567 890"],
  ["000,000", 42, "000,042"],
  ['"+"0', 447700900123, "+447700900123"],
  [US_PHONE, 5551234, "555-1234"],
  [US_PHONE, 2025551234, "(202) 555-1234"],
  ["0,", 12345, "12"],
  ['0.0,,"M"', 12345678, "12.3M"],
  ["#,##0,", 1234567, "1,235"],
  ["[>1000]#,##0;0.0", 5000, "5,000"],
  ["[>1000]#,##0;0.0", 5, "5.0"],
  ["[<1]0.00;[<100]0.0;0", 50, "50.0"],
  ["[<1]0.00;[<100]0.0;0", 500, "500"],
  ['[=1]"one";[=2]"two";0', 2, "two"],
  ["[Red][<0]-0;0", -5, "-5"],
  ['0" kg"', 5, "5 kg"],
  ['General" kg"', 3.5, "3.5 kg"],
  ["0.???", 5.1, "5.1"],
];

for (const [code, value, text] of SHOWN) {
  Deno.test(`readNumberFormat: shows ${value} as ${JSON.stringify(text)} in the format ${code}`, () => {
    assert.equal(readNumberFormat(code)?.(value), text);
  });
}

Deno.test("readNumberFormat: leaves numbers to their digits without a format, with an exponent, as a fraction", () => {
  for (
    const code of ["", "General", "GENERAL", "[Blue]General", "@", "0.00E+00", "# ?/?", "# ??/16"]
  ) {
    assert.equal(readNumberFormat(code), undefined, code);
  }
});

Deno.test("readNumberFormat: leaves numbers to their digits when a format has more than 64 places", () => {
  const most = `${"0".repeat(XLSX_MAX_FORMAT_PLACES - 1)}.0`;
  assert.equal(readNumberFormat(most)?.(1), `${"0".repeat(XLSX_MAX_FORMAT_PLACES - 2)}1.0`);
  assert.equal(readNumberFormat(`${most}0`), undefined);
});

Deno.test("readNumberFormat: converts any number by any code, however odd, and keeps a sum's digits", () => {
  const codes = [
    "[",
    '"',
    "\\",
    "_",
    "*",
    "0".repeat(255),
    `0.${"0".repeat(253)}`,
    "%".repeat(255),
  ];
  codes.push(
    "0" + ",".repeat(254),
    ";".repeat(255),
    "[$-",
    "[$",
    "[>",
    "0.0.0",
    "%0,%",
    "?".repeat(255),
  );
  for (const code of codes) {
    for (const value of [0, -0, 1e300, -1e300, 1e-300, 0.1, 5]) {
      assert.equal(typeof (readNumberFormat(code)?.(value) ?? ""), "string", code);
    }
  }
  assert.equal(readNumberFormat("0.0000000000000000000")?.(0.1), "0.1000000000000000000");
});

const BUILT_IN: readonly (readonly [id: number, value: number, text: string])[] = [
  [1, 1234.5, "1235"],
  [2, 1234.5, "1234.50"],
  [3, 1234.5, "1,235"],
  [4, 1234.5, "1,234.50"],
  [7, -1234.5, "($1,234.50)"],
  [9, 0.125, "13%"],
  [10, 0.125, "12.50%"],
  [37, -1234.5, "(1,235)"],
  [38, 1234.5, "1,235"],
  [39, -1234.5, "(1,234.50)"],
  [40, 1234.5, "1,234.50"],
  [41, 0, "-"],
  [43, 1234.5, "1,234.50"],
  [44, 1234.5, "$1,234.50"],
];

for (const [id, value, text] of BUILT_IN) {
  Deno.test(`builtInCode: shows ${value} as ${text} in the built-in format ${id}`, () => {
    assert.equal(readNumberFormat(builtInCode(id) ?? "")?.(value), text);
  });
}

Deno.test("builtInCode: has no code for plain numbers, exponents, fractions and dates", () => {
  for (const id of [0, 11, 12, 13, 14, 22, 45, 48, 49, 163]) {
    assert.equal(builtInCode(id), undefined);
  }
});
