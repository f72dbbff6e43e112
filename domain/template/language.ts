/** The language of a message. */
export interface Language {
  /** BCP 47 tag. */
  readonly tag: string;
  /** The direction of its writing. */
  readonly direction: "ltr" | "rtl";
}

const ENGLISH: Language = { tag: "en", direction: "ltr" };
const TAG = /^[a-z]{2,8}(?:-[a-z0-9]{1,8})*$/i;
const MAX_TAG = 35;
const RTL_LANGUAGES = new Set(
  [
    "ar",
    "arc",
    "ckb",
    "dv",
    "fa",
    "he",
    "iw",
    "ji",
    "ks",
    "nqo",
    "ps",
    "sd",
    "syr",
    "ug",
    "ur",
    "yi",
  ],
);
const RTL_SCRIPTS = new Set(["adlm", "arab", "hebr", "mand", "nkoo", "rohg", "syrc", "thaa"]);

/** The text of the unsubscribe link by language; other languages get the English text. */
const UNSUBSCRIBE_WORDS: ReadonlyMap<string, string> = new Map([
  ["ar", "إلغاء الاشتراك في هذه الرسائل"],
  ["cy", "Dad-danysgrifio o’r negeseuon e-bost hyn"],
  ["en", "Unsubscribe from these emails"],
  ["pl", "Zrezygnuj z otrzymywania tych wiadomości"],
  ["uk", "Відписатися від цих листів"],
]);

/** Returns the text of the unsubscribe link in a language, or in English when Hark has no text in that language. */
export function unsubscribeWords({ tag }: Language): string {
  const [language = ""] = tag.toLowerCase().split("-");
  return UNSUBSCRIBE_WORDS.get(language) ?? "Unsubscribe from these emails";
}

/** Whether a text has the form of a BCP 47 tag, within the length that RFC 5646 requires software to accept. */
export function isLanguageTag(tag: string): boolean {
  return tag.length <= MAX_TAG && TAG.test(tag);
}

/**
 * Returns a language by its tag. The direction follows from the tag's script, or without one from its language: `uz-Arab`
 * is written from right to left, `ar-Latn` is not.
 *
 * @param tag BCP 47; an invalid tag and `undefined` give English
 */
export function toLanguage(tag: string | undefined): Language {
  if (tag === undefined || !isLanguageTag(tag)) return ENGLISH;
  const [language = "", ...rest] = tag.toLowerCase().split("-");
  const script = rest.find((part) => /^[a-z]{4}$/.test(part));
  const rtl = script === undefined ? RTL_LANGUAGES.has(language) : RTL_SCRIPTS.has(script);
  return { tag, direction: rtl ? "rtl" : "ltr" };
}
