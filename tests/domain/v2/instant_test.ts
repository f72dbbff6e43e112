import assert from "node:assert/strict";
import { toInstant } from "../../../domain/v2/instant.ts";

const INSTANTS: readonly (readonly [string, string | undefined])[] = [
  ["2031-05-14T13:00:00", "2031-05-14T13:00:00Z"],
  ["2031-05-14 13:00", "2031-05-14T13:00:00Z"],
  ["2031-05-14T13:00:00Z", "2031-05-14T13:00:00Z"],
  ["2031-05-14T13:00:00z", undefined],
  ["2031-05-14T13:00:00+03:00", "2031-05-14T10:00:00Z"],
  ["2031-05-14T13:00:00+0300", "2031-05-14T10:00:00Z"],
  ["2031-05-14T13:00:00-05:45", "2031-05-14T18:45:00Z"],
  ["2031-05-14T13:00:00.999999+00:00", "2031-05-14T13:00:00.999Z"],
  // A date's own hyphen is no offset.
  ["2031-05-14", "2031-05-14T00:00:00Z"],
  ["tomorrow", undefined],
  ["", undefined],
  ["2031-02-30T00:00:00Z", undefined],
];

for (const [text, expected] of INSTANTS) {
  Deno.test(`toInstant: ${JSON.stringify(text)} is ${expected}`, () => {
    assert.equal(toInstant(text), expected === undefined ? undefined : Date.parse(expected));
  });
}
