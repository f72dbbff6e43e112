/** How a list of recipients was read, and the warnings that follow from it. */
import { encodingWords, type TextEncoding } from "../csv/encoding.ts";

/** The warnings that a list can have. `same-file` is about an earlier job, and does not block. */
export const WARNING_CODES = ["guessed_encoding", "same-file"] as const;
/** One of {@link WARNING_CODES}. */
export type WarningCode = typeof WARNING_CODES[number];

/** The warnings that block: their job waits with the status `ready to send` until they are accepted. */
export const BLOCKING_WARNINGS = ["guessed_encoding"] as const satisfies readonly WarningCode[];
/** One of {@link BLOCKING_WARNINGS}. */
export type BlockingWarning = typeof BLOCKING_WARNINGS[number];

/** How a list was read, with the options of its upload that this depends on. */
export interface ListReading {
  /** The name of the encoding that its text was read in; `null` for a spreadsheet and for rows as JSON. */
  readonly encoding: TextEncoding | null;
  /** Some of its cells, by which people can see whether the encoding is right. They are personal data. */
  readonly sample: readonly string[];
  /** The blocking warnings that the list has, accepted or not. */
  readonly warnings: readonly BlockingWarning[];
  /** The encoding that the upload named; `null` when it named none. */
  readonly requestedEncoding: TextEncoding | null;
  /** The warnings that the upload accepted, in the order of {@link WARNING_CODES}. */
  readonly acceptedWarnings: readonly WarningCode[];
}

/** The reading of a list without an encoding, such as rows as JSON, whose upload has no options. */
export const PLAIN_READING: ListReading = {
  encoding: null,
  sample: [],
  warnings: [],
  requestedEncoding: null,
  acceptedWarnings: [],
};

/** A warning about a list, as reports and jobs show it. It never quotes the value of a cell. */
export interface ListWarning {
  readonly code: WarningCode;
  /** The row's number in a spreadsheet; `null` for a warning about the whole list. */
  readonly row: number | null;
  /** The header of the column; `null` for a warning about a whole row or list. */
  readonly column: string | null;
  /** The English message for people. */
  readonly message: string;
}

/** Returns those of the warnings that are not in `accepted`, the codes that an upload accepts. */
export function unacceptedWarnings(
  warnings: readonly BlockingWarning[],
  accepted: readonly string[],
): readonly BlockingWarning[] {
  return warnings.filter((code) => !accepted.includes(code));
}

/** Returns the blocking warnings of a list, with their messages. */
export function toListWarnings(
  { encoding, warnings }: Pick<ListReading, "encoding" | "warnings">,
): readonly ListWarning[] {
  return warnings.map((code) => ({
    code,
    row: null,
    column: null,
    message: WARNING_MESSAGES[code](encodingWords(encoding ?? "utf-8")),
  }));
}

const WARNING_MESSAGES = {
  guessed_encoding: (encoding: string) =>
    `The list does not say in which encoding its letters are, and has too few to be sure: it was read as ${encoding}. ` +
    "Look at ‘sample’. If its letters are right, accept the warning ‘guessed_encoding’. If not, save the list as CSV " +
    "in UTF-8 and upload it again, or name its encoding with ‘encoding’",
} as const satisfies Record<BlockingWarning, (encoding: string) => string>;
