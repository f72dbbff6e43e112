/**
 * Ukrainian in Latin letters: the table of resolution No. 55 of the Cabinet of Ministers of Ukraine, 27 January 2010, «Про
 * впорядкування транслітерації українського алфавіту латиницею».
 */

/** What a letter becomes; `initial` where it begins a word. */
interface Letter {
  readonly latin: string;
  readonly initial?: string;
}

const LETTERS = {
  а: { latin: "a" },
  б: { latin: "b" },
  в: { latin: "v" },
  г: { latin: "h" },
  ґ: { latin: "g" },
  д: { latin: "d" },
  е: { latin: "e" },
  є: { latin: "ie", initial: "ye" },
  ж: { latin: "zh" },
  з: { latin: "z" },
  и: { latin: "y" },
  і: { latin: "i" },
  ї: { latin: "i", initial: "yi" },
  й: { latin: "i", initial: "y" },
  к: { latin: "k" },
  л: { latin: "l" },
  м: { latin: "m" },
  н: { latin: "n" },
  о: { latin: "o" },
  п: { latin: "p" },
  р: { latin: "r" },
  с: { latin: "s" },
  т: { latin: "t" },
  у: { latin: "u" },
  ф: { latin: "f" },
  х: { latin: "kh" },
  ц: { latin: "ts" },
  ч: { latin: "ch" },
  ш: { latin: "sh" },
  щ: { latin: "shch" },
  ь: { latin: "" },
  ю: { latin: "iu", initial: "yu" },
  я: { latin: "ia", initial: "ya" },
} as const satisfies Record<string, Letter>;

const letters: ReadonlyMap<string, Letter> = new Map(Object.entries(LETTERS));

/** Marks that are common in Ukrainian and that GSM-7 lacks: one of them would make the whole text Unicode. */
const MARKS = { "«": '"', "»": '"', "№": "No", "₴": "UAH" } as const satisfies Record<
  string,
  string
>;

const marks: ReadonlyMap<string, string> = new Map(Object.entries(MARKS));

/** A word: letters, their accents, and apostrophes between letters. */
const WORD = /[\p{L}\p{M}]+(?:['’ʼ‘`][\p{L}\p{M}]+)*|[«»№₴]/gu;
const CHANGED = /[Ѐ-ӿ«»№₴]/;
const APOSTROPHE = /['’ʼ‘`]/;
const ACCENT = /\p{M}/u;

function isCapital(character: string): boolean {
  return character !== character.toLowerCase();
}

/** In Latin letters, with the case of the Cyrillic one: `Щ` is `Shch` before small letters, `SHCH` among capitals. */
function withCase(latin: string, word: readonly string[], at: number): string {
  if (!isCapital(word[at] ?? "")) return latin;
  const beside = (step: 1 | -1): string => {
    const next = word[at + step] ?? "";
    return APOSTROPHE.test(next) ? word[at + 2 * step] ?? "" : next;
  };
  const neighbour = beside(1) === "" ? beside(-1) : beside(1);
  return isCapital(neighbour)
    ? latin.toUpperCase()
    : latin.charAt(0).toUpperCase() + latin.slice(1);
}

function isUkrainian(character: string | undefined): boolean {
  return character !== undefined && letters.has(character.toLowerCase());
}

/** The Latin form of one character of a word. */
function transliterateCharacter(word: readonly string[], at: number): string {
  const character = word[at] ?? "";
  const before = word[at - 1];
  if (APOSTROPHE.test(character)) {
    return isUkrainian(before) && isUkrainian(word[at + 1]) ? "" : character;
  }
  if (ACCENT.test(character)) return isUkrainian(before) ? "" : character;
  const small = character.toLowerCase();
  const letter = letters.get(small);
  if (letter === undefined) return character;
  // зг is zgh: zh would be ж.
  if (small === "г" && before?.toLowerCase() === "з") return withCase("gh", word, at);
  return withCase(at === 0 ? letter.initial ?? letter.latin : letter.latin, word, at);
}

function transliterateWord(word: string): string {
  const mark = marks.get(word);
  if (mark !== undefined) return mark;
  if (!CHANGED.test(word)) return word;
  const characters = [...word.normalize("NFC")];
  return characters.map((_, at) => transliterateCharacter(characters, at)).join("");
}

/**
 * Ukrainian letters become Latin ones, by the national table of 2010. `ь`, the apostrophe between letters and the accent
 * that shows the stress are dropped; `«»`, `№` and `₴` become what GSM-7 has for them. Everything else is kept, letters of
 * other Cyrillic alphabets too.
 */
export function transliterateUkrainian(text: string): string {
  return CHANGED.test(text) ? text.replace(WORD, transliterateWord) : text;
}
