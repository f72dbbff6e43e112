/** The languages of the pages, as BCP 47 tags. */
export const LANGUAGES = ["en", "uk"] as const;
/** One of {@link LANGUAGES}. */
export type Language = typeof LANGUAGES[number];

/** The words of one language for a counted noun, by plural category; `{n}` stands for the number. */
export type PluralForms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & {
  readonly other: string;
};

/** The locale of each language, for numbers and dates. */
export const LOCALES: Readonly<Record<Language, string>> = { en: "en-GB", uk: "uk-UA" };

const RULES: Readonly<Record<Language, Intl.PluralRules>> = {
  en: new Intl.PluralRules(LOCALES.en),
  uk: new Intl.PluralRules(LOCALES.uk),
};

const NUMBERS: Readonly<Record<Language, Intl.NumberFormat>> = {
  en: new Intl.NumberFormat(LOCALES.en),
  uk: new Intl.NumberFormat(LOCALES.uk),
};

const NUMBER_STYLES = {
  /** Such as `2K`. */
  compact: { notation: "compact" },
  /** At most one digit after the point. */
  tenths: { maximumFractionDigits: 1 },
} as const satisfies Readonly<Record<string, Intl.NumberFormatOptions>>;

const styledNumbers = new Map<string, Intl.NumberFormat>();

/** The format of numbers in a language. It is made once: making one takes a hundred times as long as using it. */
export function numberFormat(
  language: Language,
  style?: keyof typeof NUMBER_STYLES,
): Intl.NumberFormat {
  if (style === undefined) return NUMBERS[language];
  const key = `${language} ${style}`;
  const format = styledNumbers.get(key) ??
    new Intl.NumberFormat(LOCALES[language], NUMBER_STYLES[style]);
  styledNumbers.set(key, format);
  return format;
}

/** Writes a number in a language, with its separators. */
export function formatNumber(language: Language, n: number): string {
  return NUMBERS[language].format(n);
}

/** Returns a function that puts a number into the words of its plural category. */
export function createPlural(language: Language, forms: PluralForms): (n: number) => string {
  return (n) =>
    (forms[RULES[language].select(n)] ?? forms.other).replace("{n}", NUMBERS[language].format(n));
}
