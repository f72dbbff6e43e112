/**
 * Telephone numbers of a long file judged quickly: the plans look at the first digits of a mobile number only, so those
 * that share them share the verdict.
 *
 * Source of the digits: the patterns of libphonenumber's metadata for GB, GG, JE, IM (all +44) and UA. The test compares
 * every beginning with the plain reading.
 */
import { allowPhone, parsePhone } from "../recipient/phone.ts";
import type { CellError, PhoneRules, ValidatePhone } from "./cell_error.ts";

interface MobilePlan {
  readonly callingCode: string;
  /** ISO 3166 code of the region where the numbers are written without calling code. */
  readonly home: string;
  /** National numbers whose verdict depends on nothing but their first digits. */
  readonly national: string;
  /** How many digits those are. */
  readonly deciding: number;
}

const PLANS: readonly MobilePlan[] = [
  // 70 are personal numbers and 76 pagers, whose patterns look further.
  { callingCode: "44", home: "GB", national: "7[1-57-9]\\d{8}", deciding: 5 },
  {
    callingCode: "380",
    home: "UA",
    national: "(?:39|50|6[36-8]|7[1-357]|9[1-9])\\d{7}",
    deciding: 2,
  },
];

/** Digits with at most one blank or hyphen between two. Anything else is read the long way. */
const PLAIN = /^\+?\d(?:[ -]?\d)*$/;

interface Form {
  readonly shape: RegExp;
  readonly callingCode: string;
  /** How many characters stand before the national number. */
  readonly before: number;
  /** How many characters decide. */
  readonly deciding: number;
}

/** The ways to write a mobile number in digits that mean it at a home. */
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

/** A number as typed, read and judged. */
export interface ReadPhone {
  readonly error: CellError | undefined;
  /** E.164 without the plus sign; empty for what is no number. */
  readonly normalised: string;
  /** Of another country than home. */
  readonly abroad: boolean;
}

function readPhone(typed: string, rules: PhoneRules): ReadPhone {
  const { country } = rules;
  const parsed = parsePhone(typed, country === undefined ? {} : { country });
  if (!parsed.ok) return { error: parsed.refusal.code, normalised: "", abroad: false };
  const { normalised, abroad } = parsed.value;
  const allowed = allowPhone(parsed.value, rules);
  return { error: allowed.ok ? undefined : allowed.refusal.code, normalised, abroad };
}

/** Starts a reader of the numbers of one file: what the plans themselves say, sooner. What it keeps is bounded. */
export function createPhoneReader(rules: PhoneRules): (typed: string) => ReadPhone {
  const forms = formsAt(rules.country ?? "GB");
  const known = new Map<string, ReadPhone>();
  // A number is mostly asked for twice: is it right, and whose is it?
  let last: { readonly typed: string; readonly read: ReadPhone } | undefined;

  function read(typed: string): ReadPhone {
    if (!PLAIN.test(typed)) return readPhone(typed, rules);
    const digits = typed.replace(/[ -]/g, "");
    const form = forms.find(({ shape }) => shape.test(digits));
    if (form === undefined) return readPhone(typed, rules);
    const start = digits.slice(0, form.deciding);
    const seen = known.get(start);
    if (seen === undefined) {
      const first = readPhone(typed, rules);
      known.set(start, first);
      return first;
    }
    const normalised = seen.normalised === "" ? "" : form.callingCode + digits.slice(form.before);
    return { ...seen, normalised };
  }

  return (typed) => {
    if (last?.typed !== typed) last = { typed, read: read(typed) };
    return last.read;
  };
}

/** Starts a judge of the numbers of one file: `validatePhone`'s very answers. What it keeps is bounded. */
export function createPhoneValidator(rules: PhoneRules): ValidatePhone {
  const read = createPhoneReader(rules);
  return (typed) => read(typed).error;
}
