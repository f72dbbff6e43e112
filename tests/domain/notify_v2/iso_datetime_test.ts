import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { parseIsoDateTime } from "../../../domain/notify_v2/iso_datetime.ts";

// What `datetime.fromisoformat` of CPython 3.11 makes of the same texts.
const CASES: readonly (readonly [string, string | undefined])[] = [
  ["2017-05-12", "2017-05-12T00:00:00.000Z"],
  ["20170512", "2017-05-12T00:00:00.000Z"],
  ["2017-05-12T13:15", "2017-05-12T13:15:00.000Z"],
  ["2017-05-12é13", "2017-05-12T13:00:00.000Z"],
  ["2017-05-12😀13", "2017-05-12T13:00:00.000Z"],
  ["2017-05-12T131530,25", "2017-05-12T13:15:30.250Z"],
  ["2017-05-12T13:15:30.1239999", "2017-05-12T13:15:30.123Z"],
  ["2017-05-12T13:15+01:00", "2017-05-12T13:15:00.000Z"],
  ["2017-05-12T13:15-23:59:59.999999", "2017-05-12T13:15:00.000Z"],
  ["2017-05-12T13:15Z", "2017-05-12T13:15:00.000Z"],
  ["2017-W19-5", "2017-05-12T00:00:00.000Z"],
  ["2017W195T13", "2017-05-12T13:00:00.000Z"],
  ["2017W19", "2017-05-08T00:00:00.000Z"],
  ["2017-W19-13", "2017-05-08T13:00:00.000Z"],
  ["2020-W53-5", "2021-01-01T00:00:00.000Z"],
  ["2020-02-29", "2020-02-29T00:00:00.000Z"],
  ["0001-01-01", "0001-01-01T00:00:00.000Z"],
  // Oddities of CPython's own parser.
  ["2017-05-12T13.5", "2017-05-12T13:00:00.500Z"],
  ["2017-05-12T13:+01", "2017-05-12T13:00:00.000Z"],
  ["2017-05-12T", undefined],
  ["2017-05-12T13:15z", undefined],
  ["2017-05-12T13:15Z1", undefined],
  ["2017-05-12T13:15+24:00", undefined],
  ["2017-05-12T13:15+1", undefined],
  ["2017-05-12T1315:30", undefined],
  ["2017-05-12T24:00", undefined],
  ["2017-05-12T13:60", undefined],
  ["2017-0512", undefined],
  ["2017-05", undefined],
  ["2017-02-29", undefined],
  ["2017-13-01", undefined],
  ["2021-W53-1", undefined],
  ["2017-W19-8", undefined],
  ["0000-01-01", undefined],
  ["9999-W52-7", undefined],
  ["２０１７-05-12", undefined],
  ["", undefined],
];

for (const [text, expected] of CASES) {
  Deno.test(`parseIsoDateTime: ${JSON.stringify(text)} is ${expected}`, () => {
    const time = parseIsoDateTime(text);
    assert.equal(time === undefined ? undefined : new Date(time).toISOString(), expected);
  });
}

Deno.test("parseIsoDateTime: keeps microseconds as a fraction", () => {
  assert.equal(parseIsoDateTime("1970-01-01T00:00:00.000001"), 0.001);
});

Deno.test("parseIsoDateTime: parses what Date writes", () => {
  const dates = fc.date({
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(dates, (date) => {
    assert.equal(parseIsoDateTime(date.toISOString()), date.getTime());
  }));
});

Deno.test("parseIsoDateTime: never throws", () => {
  const text = fc.string({ unit: fc.constantFrom(..."0123456789-:.,WTZ+ é") });
  fc.assert(fc.property(text, (value) => void parseIsoDateTime(value)));
});
