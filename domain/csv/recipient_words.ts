/** Explains a recipient that is refused in the words of a spreadsheet, where the spreadsheet is the likely cause. */
import { normalisedName } from "../template/normalised_name.ts";
import type { Template } from "../template/template.ts";
import { parseRnokpp } from "../recipient/rnokpp.ts";
import { cleanHeading, removeMarks } from "../text/pasted_text.ts";
import { namesRecipients } from "./column_names.ts";
import { RECIPIENT_COLUMNS } from "./columns.ts";
import { LOOKS_LIKE } from "./recipient_likeness.ts";

type Channel = Template["channel"];

const ENTER_AGAIN = "format the column as text, and enter the value again";

const SHORTENED = /^\+?\d+(?:[.,]\d+)?e\+?\d+$/i;
const DECIMAL = /^\+?\d{6,}[.,]0*$/;
const MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|" +
  "січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру";
const DATES = [
  /^\d{4}[-./]\d{1,2}[-./]\d{1,2}(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?$/,
  /^\d{1,2}[-./]\d{1,2}[-./](?:\d{2}|\d{4})(?: \d{1,2}:\d{2}(?::\d{2})?)?$/,
  new RegExp(`^(?:\\d{1,2}[ -])?(?:${MONTHS})\\p{L}*\\.?[ -](?:\\d{1,2},? )?\\d{2,4}$`, "iu"),
] as const;
/** What a spreadsheet's user writes before digits to keep them, and quotes. */
const WRAPPED = /^[='"‘’“”]+(.+?)['"‘’“”]*$/u;
const BETWEEN = /[\s,;/|]+/;

/** Whether the cell lists several addresses, each with an `@`, or several numbers between separators. */
function holdsSeveral(text: string, channel: Channel): boolean {
  const parts = text.split(channel === "sms" ? /[,;/|\n\r]+/ : BETWEEN)
    .map((part) => part.trim()).filter((part) => part !== "");
  const form = channel === "email" ? LOOKS_LIKE.email : LOOKS_LIKE.sms;
  return parts.length > 1 && parts.every((part) => form.test(part));
}

function lostZero(text: string, channel: Channel, isPhone: (typed: string) => boolean): boolean {
  if (!/^\d{6,14}$/.test(text)) return false;
  if (channel === "sms") return isPhone(`0${text}`);
  return channel === "diia" && parseRnokpp(text.padStart(10, "0")).ok;
}

/**
 * Explains why a value is no recipient of the channel. It never quotes the value.
 *
 * @param typed a recipient that is not valid
 * @param isPhone whether a text is a valid telephone number
 * @returns `undefined` when nothing is known but that it is not valid
 */
export function explainRecipient(
  typed: string,
  channel: Channel,
  isPhone: (typed: string) => boolean,
): string | undefined {
  const text = removeMarks(typed).trim();
  const isHeading =
    normalisedName(cleanHeading(text)) === normalisedName(RECIPIENT_COLUMNS[channel]);
  // People's ids may be words.
  if (
    isHeading || (channel !== "inbox" && /^[^\d@]+$/.test(text) && namesRecipients(text, channel))
  ) {
    return "The row repeats the column names – delete it";
  }
  if (channel === "inbox") return undefined;
  if (channel === "email") {
    if (holdsSeveral(text, channel)) return "More than one email address – give each its own row";
    return LOOKS_LIKE.sms.test(text)
      ? "A telephone number in place of an email address"
      : undefined;
  }
  if (SHORTENED.test(text)) return `The spreadsheet has shortened the number – ${ENTER_AGAIN}`;
  if (DATES.some((date) => date.test(text))) {
    return `A date – the spreadsheet may have made it from a number: ${ENTER_AGAIN}`;
  }
  if (DECIMAL.test(text)) return `The spreadsheet has added decimals – ${ENTER_AGAIN}`;
  if (lostZero(text, channel, isPhone)) {
    return `The spreadsheet has removed the 0 at the start – ${ENTER_AGAIN}`;
  }
  const inner = WRAPPED.exec(text)?.[1];
  if (inner !== undefined && (channel === "diia" ? parseRnokpp(inner).ok : isPhone(inner))) {
    return "The number has marks around it, such as an apostrophe – delete them";
  }
  if (channel === "diia") return undefined;
  if (holdsSeveral(text, channel)) return "More than one telephone number – give each its own row";
  return LOOKS_LIKE.email.test(text)
    ? "An email address in place of a telephone number"
    : undefined;
}
