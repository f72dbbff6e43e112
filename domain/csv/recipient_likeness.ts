/** Tells whether a piece of text looks like a recipient, valid or not. */
import { normalisedName } from "../template/normalised_name.ts";
import type { Template } from "../template/template.ts";
import { removeMarks } from "../text/pasted_text.ts";
import { RECIPIENT_COLUMNS } from "./columns.ts";

/** What is known about the line that a piece of text is from. */
export interface PieceContext {
  /** The recipient of the row that the piece may be a part of; `undefined` when it is not known. */
  readonly own: string | undefined;
  /** The pieces of the line, split by the delimiter. */
  readonly pieces: readonly string[];
  /** The number of columns of the list. */
  readonly headerCount: number;
}

/** Whether a piece of text looks like a recipient of one channel. */
export type Likeness = (piece: string, context: PieceContext) => boolean;

/**
 * The fewest digits of a text that looks like a telephone number: a house number, postcode or case number has fewer. Of
 * the numbers that can be texted, some of Niue and Tokelau have seven, with the country's code; lines of an address or a
 * letter have them far more often.
 */
export const MIN_PHONE_DIGITS = 8;

const DAY = "(?:0?[1-9]|[12]\\d|3[01])([.\\-])(?:0?[1-9]|1[0-2])";
const YEAR = "(?:19|20)\\d\\d";
const TO = " ?[\\-\\u2010-\\u2015] ?";
/** What people write at the start of a line with as many digits as a telephone number. */
const NO_PHONE = [
  "\\d{4}-\\d\\d-\\d\\d(?:\\D|$)", // 2026-06-14
  `(?:${DAY}\\.?${TO})?${DAY}\\2${YEAR}(?:\\D|$)`, // 14.06.2026, 14.06-16.06.2026
  `${YEAR}${TO}${YEAR}$`, // 2025-2026
  `\\d\\d?\\.\\d\\d${TO}\\d\\d?\\.\\d\\d$`, // 10.00-12.30
  "[1-9][\\d\\s]*\\.\\d\\d$", // 1 000 000.00
].join("|");
/** An apostrophe before a number makes it text in a spreadsheet. */
const PHONE = "['\u2019]?[+(]*\\d[\\d\\s().\\-\\u2010-\\u2015\\u2212]*";
/** A telephone number that a spreadsheet has shortened. */
const SHORTENED = "\\+?\\d(?:[.,]\\d+)?E\\+?\\d\\d";

/**
 * The form of recipients by channel. An inbox has none: its recipients are ids of any form. Dates, times and amounts do
 * not match as telephone numbers.
 */
export const LOOKS_LIKE = {
  sms: new RegExp(
    `^(?!${NO_PHONE})(?=(?:\\D*\\d){${MIN_PHONE_DIGITS}})${PHONE}$|^${SHORTENED}$`,
    "i",
  ),
  email: /^[^\s@]+@[^\s@]+$/,
  diia: /^\d{9,10}$/,
} as const;

const WORDS = /[\p{L}\p{N}]+/gu;
const shapeOf = (text: string) => text.replace(WORDS, "x");

/**
 * Ids of people have no form of their own. A piece looks like one when it has the shape of the row's own (digits or not,
 * the same punctuation), in a line that is written like a row: as many pieces as columns, without blanks after delimiters.
 */
function looksLikeId(piece: string, { own = piece, pieces, headerCount }: PieceContext): boolean {
  return /^\S+$/.test(piece) && pieces.length >= headerCount &&
    pieces.every((other) => !/^\s/.test(other)) && shapeOf(piece) === shapeOf(own.trim()) &&
    /\d/.test(piece) === /\d/.test(own);
}

/** What people write in place of a recipient that they do not have. */
const NO_RECIPIENT = new RegExp(
  "^(?:[^\\p{L}\\p{N}]*|n/?a|#n/a|none|nil|null|no|no (?:phone|number|mobile|e-?mail)|not (?:known|given)|unknown|" +
    "missing|blank|tb[acd]|xx+|немає|нема|нет|відсутн\\p{L}+|невідом\\p{L}+|без номера)$",
  "iu",
);
/** An address that lost its `@`. */
const BROKEN_ADDRESS = /^(?!www\.)[\w.+-]+\.[a-z]{2,}$/i;

/**
 * Whether a line is written like a row of the list whose recipient is none: as many pieces as columns, without blanks
 * after delimiters, and in the recipient's place nothing, a word such as `n/a`, or an address that is broken.
 *
 * @param at the index of the recipient's column
 */
export function looksLikeRowWithoutRecipient(
  pieces: readonly string[],
  headerCount: number,
  at: number,
): boolean {
  const isRow = headerCount > 1 && pieces.length === headerCount &&
    pieces.every((piece) => !/^\s/.test(piece)) &&
    pieces.some((piece, index) => index !== at && piece.trim() !== "");
  if (!isRow) return false;
  const recipient = removeMarks(pieces[at] ?? "").trim();
  // Without a first piece, a line begins with a delimiter; an empty piece further on is nothing special.
  if (recipient === "") return at === 0;
  return NO_RECIPIENT.test(recipient) || BROKEN_ADDRESS.test(recipient);
}

const likenessOf = (form: RegExp): Likeness => (piece) => form.test(removeMarks(piece).trim());

const LIKENESSES = {
  sms: likenessOf(LOOKS_LIKE.sms),
  email: likenessOf(LOOKS_LIKE.email),
  diia: likenessOf(LOOKS_LIKE.diia),
  inbox: looksLikeId,
} as const satisfies Record<Template["channel"], Likeness>;

const BY_KEY: ReadonlyMap<string, Likeness> = new Map([
  [normalisedName(RECIPIENT_COLUMNS.sms), LIKENESSES.sms],
  [normalisedName(RECIPIENT_COLUMNS.email), LIKENESSES.email],
  [normalisedName(RECIPIENT_COLUMNS.diia), LIKENESSES.diia],
  [normalisedName(RECIPIENT_COLUMNS.inbox), LIKENESSES.inbox],
]);

/**
 * Returns the test for texts that look like the recipients of a column.
 *
 * @param key the heading as `normalisedName` returns it
 * @returns `undefined` for a heading that names no recipient column of any channel
 */
export function findLikeness(key: string): Likeness | undefined {
  return BY_KEY.get(key);
}
