/**
 * The error values of spreadsheets, such as `#REF!`: what a cell shows when its formula has no result.
 *
 * They are found by their text, because a CSV file holds nothing else of them, and programs write them in the language
 * of their user: `#ССЫЛКА!`, `#BEZUG!`, `Err:502`.
 */

/** Errors without a mark at their end: those of Excel, then the translations of `#N/A` that have none. */
const UNMARKED: ReadonlySet<string> = new Set([
  "#N/A",
  "#GETTING_DATA",
  "#FMT",
  "#N/D",
  "#N/V",
  "#N/DISP",
  "#ND",
  "#NV",
  "#Н/Д",
  "#Н/П",
  "#НД",
  "#N/B",
  "#I/T",
  "#YOK",
  "#HIÁNYZIK",
  "#NENÍ_K_DISPOZICI",
]);

/** The text of an error that a spreadsheet program has not named. */
export const UNKNOWN_ERROR = "#ERROR!";

/** The longest error value, in UTF-16 units. */
const MAX_LENGTH = 24;

/** Capital letters of any script between `#` and `!` or `?`, as in `#DIV/0!`, `#NAME?`, `#ІМ'Я?`, `#¡REF!`. */
const MARKED = /^#[¡¿]?[\p{Lu}\p{M}][\p{Lu}\p{M}\d/_.'’ʼ]*[!?]$/u;
/** LibreOffice's errors with a number, in its languages: `Err:502`, `Fehler:502`, `Помилка:502`. */
const NUMBERED =
  /^(?:Err|Error|Errore|Erreur|Erro|Fehler|Fout|Fel|Błąd|Ош|Помилка|Ошибка)\.? ?:\s?5\d\d$/i;
/** The start of errors that begin with `#`, or the end of those with a number. A date or an address has neither. */
const MAY_BE_ERROR = /^\s*#|:\s?\d{3}\s*$/;
/** What a spreadsheet shows in place of a number, and exports, when its column is too narrow. */
const NARROW = /^#{3,}$/;

/** The errors of Excel and LibreOffice that a message may quote: they are no personal data. */
const QUOTED =
  /^(?:#(?:REF!|N\/A|VALUE!|DIV\/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|BUSY!|PYTHON!|EXTERNAL!|ERROR!|FMT)|Err:\d{3})$/i;

/** Why a cell has no value: its formula has no result, or its column is too narrow to show it. */
export type ErrorValue = "formula" | "narrow";

/**
 * Finds out whether a cell holds an error value of a spreadsheet instead of a value. Blanks around it do not count.
 *
 * @returns `undefined` for any other text
 */
export function findErrorValue(cell: string): ErrorValue | undefined {
  // Most cells end here: this runs for every cell of a list.
  if (!MAY_BE_ERROR.test(cell)) return undefined;
  const text = cell.trim();
  if (NARROW.test(text)) return "narrow";
  if (text.length > MAX_LENGTH) return undefined;
  const isFormula = UNMARKED.has(text.toUpperCase()) || MARKED.test(text) ||
    NUMBERED.test(text) || QUOTED.test(text);
  return isFormula ? "formula" : undefined;
}

/** The English message for people about an error value. It quotes it only when it is one of Excel's or LibreOffice's. */
export function errorValueMessage(cell: string, error: ErrorValue): string {
  const text = cell.trim();
  if (error === "narrow") {
    return "The spreadsheet shows only # marks here – make the column wider and save the file again";
  }
  const shown = QUOTED.test(text) ? `the error ‘${text}’` : "an error";
  return `The spreadsheet shows ${shown} here – correct the formula, or type the value in its place`;
}
