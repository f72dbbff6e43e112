/**
 * Transliterates Ukrainian: the table of resolution No. 55 of the Cabinet of Ministers of Ukraine, 27 January 2010, «Про
 * впорядкування транслітерації українського алфавіту латиницею».
 */

/** The Latin form of a letter; `initial` at the beginning of a word. */
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

/** A letter of a text, with its case. */
interface CasedLetter extends Letter {
  readonly capital: boolean;
}

const letters: ReadonlyMap<string, CasedLetter> = new Map(
  Object.entries<Letter>(LETTERS).flatMap(([character, letter]): [string, CasedLetter][] => [
    [character, { ...letter, capital: false }],
    [character.toUpperCase(), { ...letter, capital: true }],
  ]),
);

/** Characters common in Ukrainian that GSM-7 lacks: a single one would make the whole SMS Unicode. */
const MARKS = { "«": '"', "»": '"', "№": "No", "₴": "UAH" } as const satisfies Record<
  string,
  string
>;

const marks: ReadonlyMap<string, string> = new Map(Object.entries(MARKS));

const CHANGED = /[Ѐ-ӿ«»№₴]/;
const APOSTROPHES: ReadonlySet<string> = new Set("'’ʼ‘`");
const ACCENT = /\p{M}/u;
const LETTER = /\p{L}/u;
/** й and ї written as two characters. */
const DECOMPOSED = /[иі][\u0306\u0308]/gi;

function isAccent(character: string): boolean {
  return character >= "\u0300" && ACCENT.test(character);
}

function isLetter(character: string): boolean {
  return letters.has(character) || LETTER.test(character);
}

function isCapital(character: string): boolean {
  return letters.get(character)?.capital ?? character !== character.toLowerCase();
}

/** The next letter of the word from `at` on, skipping apostrophes and accents; empty where the word ends. */
function letterBeside(text: string, at: number, step: 1 | -1): string {
  let next = at + step;
  // A letter has few accents; the bound keeps the time linear.
  for (let skipped = 0; skipped < 3; skipped++, next += step) {
    const character = text.charAt(next);
    if (!APOSTROPHES.has(character) && !isAccent(character)) break;
  }
  const character = text.charAt(next);
  return isLetter(character) ? character : "";
}

/** `Щ` is `Shch` before a small letter and `SHCH` before a capital. At a word's end, the letter before it decides. */
function amongCapitals(text: string, at: number): boolean {
  const after = letterBeside(text, at, 1);
  return isCapital(after === "" ? letterBeside(text, at, -1) : after);
}

function toLatin(letter: CasedLetter, text: string, at: number): string {
  const before = text.charAt(at - 1);
  const startsWord = letter.initial !== undefined && !letters.has(before) &&
    letterBeside(text, at, -1) === "";
  // зг is zgh, because zh is ж.
  const afterZe = letter.latin === "h" && (before === "з" || before === "З");
  const latin = afterZe ? "gh" : startsWord ? letter.initial ?? "" : letter.latin;
  if (!letter.capital) return latin;
  return latin.length === 1 || amongCapitals(text, at)
    ? latin.toUpperCase()
    : latin.charAt(0).toUpperCase() + latin.slice(1);
}

/** A character outside the table; apostrophes and accents that belong to a letter of the table are removed. */
function toKept(character: string, text: string, at: number): string {
  if (letters.has(text.charAt(at - 1))) {
    if (APOSTROPHES.has(character)) return letters.has(text.charAt(at + 1)) ? "" : character;
    if (isAccent(character)) return "";
  }
  return marks.get(character) ?? character;
}

/**
 * Replaces Ukrainian letters with Latin ones by the national table of 2010. `ь`, apostrophes between letters and stress
 * accents are removed; `«»`, `№` and `₴` get GSM-7 equivalents. All other characters are kept, including letters of other
 * Cyrillic alphabets.
 */
export function transliterateUkrainian(text: string): string {
  if (!CHANGED.test(text)) return text;
  const composed = text.replace(DECOMPOSED, (pair) => pair.normalize("NFC"));
  let out = "";
  for (let at = 0; at < composed.length; at++) {
    const character = composed.charAt(at);
    const letter = letters.get(character);
    out += letter === undefined ? toKept(character, composed, at) : toLatin(letter, composed, at);
  }
  return out;
}
