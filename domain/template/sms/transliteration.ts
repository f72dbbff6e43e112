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

/** The letter of the same word beside the one at `at`, over an apostrophe or accents; empty where the word ends. */
function letterBeside(text: string, at: number, step: 1 | -1): string {
  let next = at + step;
  // A letter has a few accents at most: a bound keeps the time linear.
  for (let skipped = 0; skipped < 3; skipped++, next += step) {
    const character = text.charAt(next);
    if (!APOSTROPHES.has(character) && !isAccent(character)) break;
  }
  const character = text.charAt(next);
  return isLetter(character) ? character : "";
}

/** `Щ` is `Shch` before small letters, `SHCH` among capitals: the letter after it says so, or at the end the one before. */
function amongCapitals(text: string, at: number): boolean {
  const after = letterBeside(text, at, 1);
  return isCapital(after === "" ? letterBeside(text, at, -1) : after);
}

function toLatin(letter: Found, text: string, at: number): string {
  const before = text.charAt(at - 1);
  const startsWord = letter.initial !== undefined && !letters.has(before) &&
    letterBeside(text, at, -1) === "";
  // зг is zgh: zh would be ж.
  const afterZe = letter.latin === "h" && (before === "з" || before === "З");
  const latin = afterZe ? "gh" : startsWord ? letter.initial ?? "" : letter.latin;
  if (!letter.capital) return latin;
  return latin.length === 1 || amongCapitals(text, at)
    ? latin.toUpperCase()
    : latin.charAt(0).toUpperCase() + latin.slice(1);
}

/** A character that is no letter of the table: apostrophes and accents that belong to one are dropped. */
function toKept(character: string, text: string, at: number): string {
  if (letters.has(text.charAt(at - 1))) {
    if (APOSTROPHES.has(character)) return letters.has(text.charAt(at + 1)) ? "" : character;
    if (isAccent(character)) return "";
  }
  return marks.get(character) ?? character;
}

/**
 * Ukrainian letters become Latin ones, by the national table of 2010. `ь`, the apostrophe between letters and the accent
 * that shows the stress are dropped; `«»`, `№` and `₴` become what GSM-7 has for them. Everything else is kept, letters of
 * other Cyrillic alphabets too.
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
