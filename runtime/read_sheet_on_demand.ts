import type { ReadSheet } from "../domain/ports/read_sheet.ts";

/** Reads a spreadsheet. The modules that do it are loaded with the first one. */
export const readSheetOnDemand: ReadSheet = async function* (...args) {
  const { readSheet } = await import("../adapters/spreadsheets/read_sheet.ts");
  return yield* readSheet(...args);
};
