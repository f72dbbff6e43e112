/**
 * Telephone numbers of a long file judged quickly: the plans look at the first digits of a mobile number only, so those
 * that share them share the verdict.
 *
 * Source of the digits: the patterns of libphonenumber's metadata for GB, GG, JE, IM (all +44) and UA. The test compares
 * every beginning with the plain reading.
 */
import { type CellError, type JudgePhone, judgePhone, type PhoneRules } from "./cell_error.ts";

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
  /** How many characters decide. */
  readonly deciding: number;
}

/** The ways to write a mobile number in digits that mean it at a home. */
function formsAt(home: string): readonly Form[] {
  return PLANS.flatMap(({ callingCode, national, deciding, ...plan }) => {
    const before = plan.home === home
      ? ["\\+" + callingCode, callingCode, "0", ""]
      : ["\\+" + callingCode];
    return before.map((start) => ({
      shape: new RegExp(`^${start}${national}$`),
      deciding: start.replace("\\", "").length + deciding,
    }));
  });
}

/** Starts a judge of the numbers of one file: {@link judgePhone}'s very answers. What it keeps is bounded. */
export function createPhoneJudge(rules: PhoneRules): JudgePhone {
  const forms = formsAt(rules.country ?? "GB");
  const known = new Map<string, CellError | undefined>();
  return (typed) => {
    if (!PLAIN.test(typed)) return judgePhone(typed, rules);
    const digits = typed.replace(/[ -]/g, "");
    const form = forms.find(({ shape }) => shape.test(digits));
    if (form === undefined) return judgePhone(typed, rules);
    const start = digits.slice(0, form.deciding);
    const seen = known.get(start);
    if (seen !== undefined || known.has(start)) return seen;
    const error = judgePhone(typed, rules);
    known.set(start, error);
    return error;
  };
}
