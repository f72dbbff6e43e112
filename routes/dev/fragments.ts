import { isGsm7Extension } from "../../domain/template/sms/gsm7.ts";
import { SMS_FRAGMENTS, type SmsMeasure } from "../../domain/template/sms/sms.ts";

/** One fragment of a text message: a part that is transmitted and billed separately. */
export interface SmsFragment {
  /** UTF-16 index of its first character in the text. */
  readonly start: number;
  /** UTF-16 index after its last character. */
  readonly end: number;
  /** Its size: septets (units of 7 bits) for GSM-7, UTF-16 units otherwise. */
  readonly units: number;
}

/**
 * Returns how many units one fragment of this text can hold (septets for GSM-7, UTF-16 units otherwise). It is less
 * when the text has several fragments, because each then carries a header.
 */
export function fragmentCapacity(measure: SmsMeasure): number {
  const { single, part } = SMS_FRAGMENTS[measure.encoding];
  return measure.fragments === 1 ? single : part;
}

/**
 * Splits a text into fragments, never inside a character: a character of the GSM-7 extension is not parted from its
 * escape.
 *
 * `measure.fragments`, as providers bill, is the length of the text divided by a fragment's capacity. The result can
 * have more fragments, because a character that does not fit moves to the next one.
 *
 * @returns at least one fragment, in order; together they cover the text without gaps
 */
export function cutFragments(text: string, measure: SmsMeasure): readonly SmsFragment[] {
  const capacity = fragmentCapacity(measure);
  const fragments: SmsFragment[] = [];
  let start = 0;
  let end = 0;
  let units = 0;
  for (const character of text) {
    const escaped = measure.encoding === "gsm7" && isGsm7Extension(character);
    const size = character.length + (escaped ? 1 : 0);
    if (units + size > capacity) {
      fragments.push({ start, end, units });
      start = end;
      units = 0;
    }
    units += size;
    end += character.length;
  }
  return [...fragments, { start, end, units }];
}
