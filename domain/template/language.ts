/** A language that a message is written in. */
export interface Language {
  /** BCP 47 tag. */
  readonly tag: string;
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

/** What the link to unsubscribe says, in the languages that Hark's own words are in; in English elsewhere. */
const UNSUBSCRIBE_WORDS: ReadonlyMap<string, string> = new Map([
  ["ar", "إلغاء الاشتراك في هذه الرسائل"],
  ["cy", "Dad-danysgrifio o’r negeseuon e-bost hyn"],
  ["en", "Unsubscribe from these emails"],
  ["pl", "Zrezygnuj z otrzymywania tych wiadomości"],
  ["uk", "Відписатися від цих листів"],
]);

/** What the link to unsubscribe says in a language. */
export function unsubscribeWords({ tag }: Language): string {
  const [language = ""] = tag.toLowerCase().split("-");
  return UNSUBSCRIBE_WORDS.get(language) ?? "Unsubscribe from these emails";
}

/** Whether a text has the form of a BCP 47 tag, of a length that RFC 5646 asks software to take. */
export function isLanguageTag(tag: string): boolean {
  return tag.length <= MAX_TAG && TAG.test(tag);
}

/**
 * A language by its tag. The script in a tag decides the direction, or else the language does: `uz-Arab` is written from
 * right to left, `ar-Latn` is not.
 *
 * @param tag BCP 47; what does not look like one, and `undefined`, is English
 */
export function toLanguage(tag: string | undefined): Language {
  if (tag === undefined || !isLanguageTag(tag)) return ENGLISH;
  const [language = "", ...rest] = tag.toLowerCase().split("-");
  const script = rest.find((part) => /^[a-z]{4}$/.test(part));
  const rtl = script === undefined ? RTL_LANGUAGES.has(language) : RTL_SCRIPTS.has(script);
  return { tag, direction: rtl ? "rtl" : "ltr" };
}
