import { ok, refuse, type Result } from "../result.ts";
import { removeMarks } from "../text/pasted_text.ts";
import { stripWhitespace } from "./whitespace.ts";

/** Why a text is not a tax number. */
export type RnokppFault = "not-ten-digits" | "wrong-check-digit";

/** The weights of the first nine digits. The tenth digit is their weighted sum, modulo 11 and then 10. */
const WEIGHTS = [-1, 5, 7, 9, 4, 6, 10, 5, 7] as const;

/**
 * Reads a registration number of the taxpayer's card (РНОКПП), the number that Diia knows people by.
 *
 * People without a tax number for reasons of faith use a passport's series and number, which is not accepted here.
 *
 * @returns the ten digits, without the blanks around them
 */
export function parseRnokpp(typed: string): Result<string, RnokppFault> {
  const digits = stripWhitespace(removeMarks(typed));
  if (!/^[0-9]{10}$/.test(digits)) return refuse("not-ten-digits");
  const sum = WEIGHTS.reduce((sum, weight, index) => sum + weight * Number(digits[index]), 0);
  // The sum can be negative, and then so is the result of `%`.
  const check = ((sum % 11 + 11) % 11) % 10;
  return check === Number(digits[9]) ? ok(digits) : refuse("wrong-check-digit");
}
