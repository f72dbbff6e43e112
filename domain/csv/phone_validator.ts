/**
 * Validates the telephone numbers of a long file quickly. Numbering plans look at the first digits of a mobile number
 * only, so numbers that share these share the result, which is cached.
 *
 * Source of the digits: the patterns of libphonenumber's metadata for GB, GG, JE, IM (all +44) and UA. A test compares
 * every prefix with the uncached reading.
 */
import { allowPhone, parsePhone } from "../recipient/phone.ts";
import type { CellError, PhoneRules } from "./cell_error.ts";

interface MobilePlan {
  readonly callingCode: string;
  /** ISO 3166 code of the region in which the numbers are written without the calling code. */
  readonly home: string;
  /** The pattern of national numbers whose validity depends on their first digits alone. */
  readonly national: string;
  /** The number of these digits. */
  readonly deciding: number;
}

const PLANS: readonly MobilePlan[] = [
  // 70 (personal numbers) and 76 (pagers) are excluded: their patterns look at later digits too.
  { callingCode: "44", home: "GB", national: "7[1-57-9]\\d{8}", deciding: 5 },
  {
    callingCode: "380",
    home: "UA",
    national: "(?:39|50|6[36-8]|7[1-357]|9[1-9])\\d{7}",
    deciding: 2,
  },
];

/** Digits with at most one blank or hyphen between two. Other spellings are read without the cache. */
const PLAIN = /^\+?\d(?:[ -]?\d)*$/;

interface Form {
  readonly shape: RegExp;
  readonly callingCode: string;
  /** The number of characters before the national number. */
  readonly before: number;
  /** The number of characters that the validity depends on. */
  readonly deciding: number;
}

/** The spellings of mobile numbers that are valid in a region. */
function formsAt(home: string): readonly Form[] {
  return PLANS.flatMap(({ national, deciding, ...plan }) => {
    const before = plan.home === home
      ? ["\\+" + plan.callingCode, plan.callingCode, "0", ""]
      : ["\\+" + plan.callingCode];
    return before.map((start) => ({
      shape: new RegExp(`^${start}${national}$`),
      callingCode: plan.callingCode,
      before: start.replace("\\", "").length,
      deciding: start.replace("\\", "").length + deciding,
    }));
  });
}

/** The result for a number as typed. */
export interface CheckedPhone {
  /** Why the service may not send to the number; `undefined` when it may. */
  readonly error: CellError | undefined;
  /** E.164 without the plus sign, also of a number that the service may not send to; empty when it cannot be parsed. */
  readonly normalised: string;
  /** Whether its calling code is not that of the service's country; `false` when the number cannot be parsed. */
  readonly abroad: boolean;
  /** ISO 3166 code of its country; `undefined` for a number of none, and one that cannot be parsed. */
  readonly country: string | undefined;
}

/** Validates and normalises a telephone number as typed. */
export type ValidatePhone = (typed: string) => CheckedPhone;

function checkPhone(typed: string, rules: PhoneRules): CheckedPhone {
  const { country } = rules;
  const parsed = parsePhone(typed, country === undefined ? {} : { country });
  if (!parsed.ok) {
    return { error: parsed.refusal.code, normalised: "", abroad: false, country: undefined };
  }
  const { normalised, abroad, country: region } = parsed.value;
  const allowed = allowPhone(parsed.value, rules);
  return {
    error: allowed.ok ? undefined : allowed.refusal.code,
    normalised,
    abroad,
    country: region,
  };
}

/**
 * Creates a validator of telephone numbers. The results are those of `parsePhone` and `allowPhone`. Each validator has
 * a cache of bounded size, so one validator serves all rows of a file.
 */
export function createPhoneValidator(rules: PhoneRules): ValidatePhone {
  const forms = formsAt(rules.country ?? "GB");
  const cache = new Map<string, CheckedPhone>();
  // Each number is usually read twice: to validate it, and to normalise it.
  let last: { readonly typed: string; readonly checked: CheckedPhone } | undefined;

  function check(typed: string): CheckedPhone {
    if (!PLAIN.test(typed)) return checkPhone(typed, rules);
    const digits = typed.replace(/[ -]/g, "");
    const form = forms.find(({ shape }) => shape.test(digits));
    if (form === undefined) return checkPhone(typed, rules);
    const start = digits.slice(0, form.deciding);
    const seen = cache.get(start);
    if (seen === undefined) {
      const first = checkPhone(typed, rules);
      cache.set(start, first);
      return first;
    }
    const normalised = seen.normalised === "" ? "" : form.callingCode + digits.slice(form.before);
    return { ...seen, normalised };
  }

  return (typed) => {
    if (last?.typed !== typed) last = { typed, checked: check(typed) };
    return last.checked;
  };
}
