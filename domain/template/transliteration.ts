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

/** A letter as it is found in a text: a small or a capital one. */
interface Found extends Letter {
  readonly capital: boolean;
}

const letters: ReadonlyMap<string, Found> = new Map(
  Object.entries<Letter>(LETTERS).flatMap(([character, letter]): [string, Found][] => [
    [character, { ...letter, capital: false }],
    [character.toUpperCase(), { ...letter, capital: true }],
  ]),
);

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
  return letters.get(character)?.capital ?? character !== character.toLowerCase();
}

/** Whether the capital at `at` stands among capitals: the letter after it says so, or at the end the one before it. */
function amongCapitals(word: string, at: number): boolean {
  const beside = (step: 1 | -1): string => {
    const next = word.charAt(at + step);
    return APOSTROPHE.test(next) ? word.charAt(at + 2 * step) : next;
  };
  const after = beside(1);
  return isCapital(after === "" ? beside(-1) : after);
}

/** In Latin letters, with the case of the Cyrillic one: `Щ` is `Shch` before small letters, `SHCH` among capitals. */
function toLatin(letter: Found, word: string, at: number): string {
  const before = word.charAt(at - 1);
  // зг is zgh: zh would be ж.
  const latin = letter.latin === "h" && (before === "з" || before === "З")
    ? "gh"
    : at === 0
    ? letter.initial ?? letter.latin
    : letter.latin;
  if (!letter.capital) return latin;
  return latin.length === 1 || amongCapitals(word, at)
    ? latin.toUpperCase()
    : latin.charAt(0).toUpperCase() + latin.slice(1);
}

/** A character that is no letter of the table: apostrophes and accents that belong to one are dropped. */
function toKept(character: string, word: string, at: number): string {
  if (!letters.has(word.charAt(at - 1))) return character;
  if (APOSTROPHE.test(character)) return letters.has(word.charAt(at + 1)) ? "" : character;
  return ACCENT.test(character) ? "" : character;
}

function transliterateWord(word: string): string {
  const mark = marks.get(word);
  if (mark !== undefined) return mark;
  if (!CHANGED.test(word)) return word;
  const composed = ACCENT.test(word) ? word.normalize("NFC") : word;
  let out = "";
  for (let at = 0; at < composed.length; at++) {
    const character = composed.charAt(at);
    const letter = letters.get(character);
    out += letter === undefined ? toKept(character, composed, at) : toLatin(letter, composed, at);
  }
  return out;
}

/**
 * Ukrainian letters become Latin ones, by the national table of 2010. `ь`, the apostrophe between letters and the accent
 * that shows the stress are dropped; `«»`, `№` and `₴` become what GSM-7 has for them. Everything else is kept, letters of
 * other Cyrillic alphabets too.
 */
export function transliterateUkrainian(text: string): string {
  return CHANGED.test(text) ? text.replace(WORD, transliterateWord) : text;
}
