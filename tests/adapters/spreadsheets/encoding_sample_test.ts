import assert from "node:assert/strict";
import { createEncodingSample } from "../../../adapters/spreadsheets/encoding_sample.ts";
import {
  MAX_ENCODING_SAMPLE,
  MAX_ENCODING_SAMPLE_LENGTH,
} from "../../../domain/ports/read_sheet.ts";

function sampleOf(rows: readonly (readonly string[])[]): readonly string[] {
  const sample = createEncodingSample();
  sample.noteText(rows.map((row) => row.join(",")).join("\n"));
  sample.add(rows);
  return sample.cells;
}

Deno.test("createEncodingSample: takes the first different cells that are not ASCII", () => {
  assert.deepEqual(sampleOf([["\ufeffphone number", "ім’я"], ["1", "Zoë"], ["2", "Zoë"]]), [
    "ім’я",
    "Zoë",
  ]);
  assert.deepEqual(sampleOf([["1", "Ann", "\u00a0", "\ufeff"]]), []);
  const names = Array.from({ length: MAX_ENCODING_SAMPLE + 1 }, (_, at) => [`é${at}`]);
  assert.deepEqual(sampleOf(names), names.flat().slice(0, MAX_ENCODING_SAMPLE));
});

Deno.test("createEncodingSample: cuts off long cells, between two characters", () => {
  const most = "😀".repeat(MAX_ENCODING_SAMPLE_LENGTH);
  assert.deepEqual(sampleOf([[most]]), [most]);
  assert.deepEqual(sampleOf([[`${most}é`]]), [`${most}…`]);
});
