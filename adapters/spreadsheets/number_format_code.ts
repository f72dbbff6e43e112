/**
 * Parses format codes of numbers, such as `_-£* #,##0.00_-;[Red]-£* #,##0.00_-`.
 *
 * Source: ECMA-376 part 1, 18.8.31.
 */
import { XLSX_MAX_FORMAT_PLACES } from "./limits.ts";
import { englishSeparators, type Separators, separatorsOf } from "./separators.ts";

/** A part of a section: text that is shown unchanged, or a place for one digit. */
export type Token =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "digit"; readonly placeholder: "0" | "#" | "?" };

/** One of the sections of a format code, which `;` separates: how certain numbers are shown. */
export interface Section {
  /**
   * Whether the section is for a number, by a condition such as `[>=100]`. `undefined` when its place in the code
   * decides: the first section is for positive numbers and for those that have no section, the second for negative
   * ones, the third for zero.
   */
  readonly condition: ((value: number) => boolean) | undefined;
  /**
   * Whether the section shows negative numbers without a minus sign: it shows in its own way, such as brackets, that
   * they are negative.
   */
  readonly isNegative: boolean;
  /** Whether the section shows all digits of the number (`General`), between the texts `whole` and `fraction`. */
  readonly isGeneral: boolean;
  /** The tokens before the decimal point. */
  readonly whole: readonly Token[];
  /** The tokens after it. */
  readonly fraction: readonly Token[];
  /** The number of digits after the point. */
  readonly decimals: number;
  /** The power of ten by which the number is multiplied: 2 for a percentage, -3 for thousands. */
  readonly shift: number;
  /** The separator of thousands; empty without one. */
  readonly group: string;
  /** The decimal point; empty without one. */
  readonly point: string;
  /**
   * Whether the decimal point is shown even for a whole number, because a place after it always shows a digit or a
   * blank.
   */
  readonly keepsPoint: boolean;
}

const COMPARE = {
  "<": (value: number, limit: number) => value < limit,
  "<=": (value: number, limit: number) => value <= limit,
  ">": (value: number, limit: number) => value > limit,
  ">=": (value: number, limit: number) => value >= limit,
  "=": (value: number, limit: number) => value === limit,
  "<>": (value: number, limit: number) => value !== limit,
} as const;

function isOperator(text: string): text is keyof typeof COMPARE {
  return Object.hasOwn(COMPARE, text);
}

/** A section while it is read. */
interface Draft {
  condition: Section["condition"];
  isNegative: boolean;
  isGeneral: boolean;
  readonly whole: Token[];
  readonly fraction: Token[];
  shift: number;
  hasGroups: boolean;
  hasPoint: boolean;
  /**
   * Commas since the last digit: they separate thousands before a further digit, and divide by 1,000 each otherwise.
   */
  commas: number;
  separators: Separators;
}

function createDraft(): Draft {
  return {
    condition: undefined,
    isNegative: false,
    isGeneral: false,
    whole: [],
    fraction: [],
    shift: 0,
    hasGroups: false,
    hasPoint: false,
    commas: 0,
    separators: englishSeparators,
  };
}

const ELEMENT =
  /"([^"]*)"?|\\([^])|_([^])?|\*[^]?|\[([^\]]*)\]|(General|Standard)|(E[+-])|([0#?])|(;)|[^]/giu;
const CONDITION = /^([<>=]{1,2})\s*(-?\d+(?:\.\d+)?)$/;
const CURRENCY = /^\$([^-]*)(?:-(.*))?$/;

const isDigit = (token: Token) => token.kind === "digit";
const hasDigits = ({ whole, fraction }: Draft) => whole.some(isDigit) || fraction.some(isDigit);

function tokensOf(draft: Draft): Token[] {
  return draft.hasPoint || draft.isGeneral ? draft.fraction : draft.whole;
}

function addLiteral(draft: Draft, text: string): void {
  if (text === "") return;
  const tokens = tokensOf(draft);
  const last = tokens.at(-1);
  const before = last?.kind === "literal" ? last.text : "";
  if (last?.kind === "literal") tokens.pop();
  tokens.push({ kind: "literal", text: before + text });
}

/** Reads `[Red]`, `[>=100]`, `[$€-407]` or `[$-407]`. Of these only the last says which separators the author saw. */
function readBracket(draft: Draft, content: string): void {
  const [, operator = "", operand = ""] = CONDITION.exec(content) ?? [];
  if (isOperator(operator)) {
    const limit = Number(operand);
    draft.condition = (value) => COMPARE[operator](value, limit);
    draft.isNegative = (operator === "<" && limit <= 0) || (operator === "<=" && limit < 0) ||
      (operator === "=" && limit < 0);
    return;
  }
  const [, symbol, language] = CURRENCY.exec(content) ?? [];
  if (symbol === undefined) return;
  if (symbol === "" && language !== undefined) draft.separators = separatorsOf(language);
  else addLiteral(draft, symbol);
}

function readCharacter(draft: Draft, character: string): void {
  if (character === "." && !draft.hasPoint && !draft.isGeneral) draft.hasPoint = true;
  else if (character === "," && hasDigits(draft)) draft.commas++;
  else if (character === "@") draft.isGeneral ||= !hasDigits(draft);
  else {
    if (character === "%") draft.shift += 2;
    addLiteral(draft, character);
  }
}

function readDigit(draft: Draft, placeholder: "0" | "#" | "?"): void {
  if (draft.commas > 0 && !draft.hasPoint) draft.hasGroups = true;
  draft.commas = 0;
  tokensOf(draft).push({ kind: "digit", placeholder });
}

function isPlaceholder(text: string): text is "0" | "#" | "?" {
  return text === "0" || text === "#" || text === "?";
}

function toSection(draft: Draft, at: number, sections: readonly Draft[]): Section {
  const { condition, isGeneral, whole, fraction, hasGroups, hasPoint, separators } = draft;
  const isFree = sections.every((section) => section.condition === undefined);
  return {
    condition,
    isNegative: draft.isNegative || (isFree && at === 1),
    isGeneral,
    whole,
    fraction,
    decimals: fraction.filter(isDigit).length,
    shift: draft.shift - 3 * draft.commas,
    group: hasGroups ? separators.group : "",
    point: hasPoint ? separators.point : "",
    keepsPoint: fraction.some((token) => isDigit(token) && token.placeholder !== "#"),
  };
}

/**
 * Parses the sections of a format code.
 *
 * @returns `undefined` when the code shows all digits of a number (`General`), or shows it with an exponent or as a
 * vulgar fraction: such numbers are better read with all their digits. Also when a section has more than
 * {@link XLSX_MAX_FORMAT_PLACES} places
 */
export function parseSections(code: string): readonly Section[] | undefined {
  const drafts = [createDraft()];
  for (const match of code.matchAll(ELEMENT)) {
    const draft = drafts.at(-1) ?? createDraft();
    const [element, quoted, escaped, skipped, bracket, general, exponent, digit, end] = match;
    if (end !== undefined) drafts.push(createDraft());
    else if (exponent !== undefined && hasDigits(draft)) return undefined;
    else if (
      element === "/" && hasDigits(draft) && /^\s*[0#?\d]/.test(code.slice(match.index + 1))
    ) {
      return undefined;
    } else if (digit !== undefined && isPlaceholder(digit)) readDigit(draft, digit);
    else if (general !== undefined) draft.isGeneral = true;
    else if (bracket !== undefined) readBracket(draft, bracket);
    else if (quoted !== undefined || escaped !== undefined) {
      addLiteral(draft, quoted ?? escaped ?? "");
    } else if (element.startsWith("_")) addLiteral(draft, skipped === undefined ? "" : " ");
    else if (!element.startsWith("*")) readCharacter(draft, element);
  }
  // The fourth section is that of texts.
  const numbers = drafts.slice(0, 3);
  const isPlain = ({ isGeneral, whole, fraction }: Draft) =>
    isGeneral && whole.length === 0 && fraction.length === 0;
  const places = ({ whole, fraction }: Draft) => [...whole, ...fraction].filter(isDigit).length;
  if (numbers.every(isPlain) || numbers.some((draft) => places(draft) > XLSX_MAX_FORMAT_PLACES)) {
    return undefined;
  }
  return numbers.map((draft) => toSection(draft, numbers.indexOf(draft), numbers));
}
