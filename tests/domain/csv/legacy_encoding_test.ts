import assert from "node:assert/strict";
import { createByteCounts, GUESS_MIN_LETTERS } from "../../../domain/csv/legacy_encoding.ts";
import type { LegacyEncoding } from "../../../domain/csv/encoding.ts";
import { createWordScanner } from "../../../domain/csv/non_ascii_words.ts";
import { encode, encodeAs } from "./encoding_support.ts";

/** Lists of names, by language; each has half of {@link GUESS_MIN_LETTERS} letters that are not ASCII, or more. */
const LISTS: Readonly<Record<string, readonly [LegacyEncoding, string]>> = {
  Ukrainian: ["windows-1251", "Олена Шевченко\nЇжак Ґалаґан\nМарія Лисенко\nКіра Лі"],
  "Ukrainian in capitals": ["windows-1251", "КІРІЄНКО ОЛЕНА\nНІКІТІН ІГОР\nРІВНЕ\nЛІЛІЯ"],
  Russian: ["windows-1251", "Пётр Ёлкин\nАнна Иванова\nСергей Кузнецов"],
  Polish: [
    "windows-1250",
    "Łukasz Żółć\nMałgorzata Wiśniewska\nStanisław Dąbrowski\nGrażyna Kamińska\nJózef Jabłoński\n" +
    "ul. Źródlana 5, Łódź\nAgnieszka Pająk",
  ],
  "Polish in capitals": [
    "windows-1250",
    "ŁUKASZ ŻÓŁĆ\nMAŁGORZATA WIŚNIEWSKA\nŁÓDŹ, UL. PÓŁNOCNA\nJÓZEF JABŁOŃSKI\nRÓŻA WÓJCIK",
  ],
  Czech: [
    "windows-1250",
    "Jiří Dvořák\nTomáš Černý\nKateřina Procházková\nRůžena Němcová\nŠtěpán Říha\nOndřej Kučera",
  ],
  Slovak: [
    "windows-1250",
    "Ľubomír Kováč\nZuzana Horváthová\nŠtefan Tóth\nMária Baláž\nJán Žiak\nAnna Lukáčová\nKošice",
  ],
  Hungarian: [
    "windows-1250",
    "Erzsébet Szűcs\nJános Kovács\nZoltán Tőkés\nGyőr\nLászló Kőszegi\nIldikó Fehérvári\nGyörgyné Rácz",
  ],
  Romanian: [
    "windows-1250",
    "Ştefan Ionescu\nMihăiţă Popa\nIoana Bălan\nBraşov\nCătălin Munteanu\nTârgu Mureş\nIaşi\n" +
    "Ştefănescu Rădulescu\nPloieşti\nGalaţi\nConstanţa",
  ],
  French: [
    "windows-1252",
    "Noël Lefèvre\nRenée Duprès\nFrançois Béranger\nHélène Côté\nZoé Maître\nSaint-Étienne\n" +
    "André Gérard\nJérôme Benoît\nà l’hôtel «Été»",
  ],
  German: [
    "windows-1252",
    "Jürgen Müller\nKäthe Schäfer\nBjörn Groß\nStraße 5, Köln\nSören Weiß\nGünther Jäger\n" +
    "Düsseldorf\nÖsterreich\nMünchen\nNürnberg\nWürzburg\nLübeck\nThüringen\nGöttingen\nZürich",
  ],
  Spanish: [
    "windows-1252",
    "José Núñez\nMaría García\nÁngel Muñoz\nInés Peña\nÍñigo López\n¿Qué tal?\nMálaga\n" +
    "Begoña Jiménez\nRamón Ibáñez\nAndrés Martínez\nSofía Hernández\nÓscar Gutiérrez",
  ],
  Portuguese: [
    "windows-1252",
    "João Conceição\nJosé Gonçalves\nAntônio Simões\nSão Paulo\nInês Guimarães\nAssunção\nLourenço\n" +
    "Conceição Araújo\nSebastião Magalhães",
  ],
  Swedish: [
    "windows-1252",
    "Åsa Lindström\nGöran Sjöberg\nMärta Öberg\nMalmö\nHåkan Ström\nBjörn Åkesson\nJönköping\n" +
    "Västerås\nÖrebro\nGävle\nLuleå\nUmeå\nÖstersund",
  ],
};

const guess = (text: string, encoding: LegacyEncoding, chunkLength = Infinity) =>
  guessBytes(encode(text, encoding), chunkLength);

function guessBytes(bytes: Uint8Array, chunkLength = Infinity) {
  const counts = createByteCounts();
  const scanner = createWordScanner(counts);
  for (let at = 0; at < bytes.length; at += chunkLength) {
    scanner.add(bytes.subarray(at, at + chunkLength));
  }
  scanner.end();
  return counts.guess();
}

for (const [language, [encoding, text]] of Object.entries(LISTS)) {
  Deno.test(`createByteCounts: guesses the encoding of names in ${language}, surely when there are enough`, () => {
    assert.partialDeepStrictEqual(guess(`${text}\n`.repeat(2), encoding), {
      encoding,
      isCertain: true,
    });
    for (const row of text.split("\n")) {
      if (!/[^\0-\x7f]/.test(row)) continue;
      // The guess by one row may be wrong, and is then never certain.
      assert.partialDeepStrictEqual(guess(row, encoding), { isCertain: false });
    }
  });
}

Deno.test(`createByteCounts: is never certain with under ${GUESS_MIN_LETTERS} letters`, () => {
  for (const [letter, encoding] of [["éa", "windows-1252"], ["я", "windows-1251"]] as const) {
    const enough = guess(letter.repeat(GUESS_MIN_LETTERS), encoding);
    assert.deepEqual(enough, { encoding, letters: GUESS_MIN_LETTERS, isCertain: true });
    const tooFew = guess(letter.repeat(GUESS_MIN_LETTERS - 1), encoding);
    assert.deepEqual(tooFew, { encoding, letters: GUESS_MIN_LETTERS - 1, isCertain: false });
  }
});

Deno.test("createByteCounts: is not certain when letters are likely in two encodings", () => {
  // Letters that stand alone may be Cyrillic or Latin.
  assert.equal(guess("О. ".repeat(100), "windows-1251").isCertain, false);
});

const MARKED: readonly (readonly [label: string, text: string, isCertain: boolean])[] = [
  ["amounts in pounds and few letters", "René £5\nAnn £12.50\nBob £7\nCy £1,000\nDi £3\n", false],
  ["amounts in pounds only", "£5\nPay £12\n£7.50 now\n", false],
  ["amounts and Irish names", "Seán £5\nCiarán £7\nÁine £12\nRóisín £3\nSiobhán £1\n", true],
  ["fractions", "1 ½ hours\n¼ 2\n5¾\n", false],
  ["ordinals", "Nº 5\n1ª\nMª Carmen\n", false],
  ["square metres", "£5/m²\n£7/m²\n", false],
];

for (const [label, text, isCertain] of MARKED) {
  Deno.test(`createByteCounts: takes ${label} in windows-1252 for no letters of windows-1250`, () => {
    const found = guess(text.repeat(10), "windows-1252");
    assert.partialDeepStrictEqual(found, { encoding: "windows-1252", isCertain });
  });
}

Deno.test("createByteCounts: takes initials and amounts in Polish for windows-1250", () => {
  const text = "J. Ł. Kowalski 5 zł\nŁ. Żak 7 zł\nMałgorzata Wiśniewska 12 zł\n".repeat(10);
  assert.partialDeepStrictEqual(guess(text, "windows-1250"), {
    encoding: "windows-1250",
    isCertain: true,
  });
});

/** Texts in encodings that are not guessed. */
const OTHERS: readonly (readonly [string, string])[] = [
  ["koi8-u", "Олена Шевченко\nОлександр Ковальчук\nМарія Лисенко\nІван Петренко\n"],
  ["ibm866", "Анна Иванова\nСергей Кузнецов\nМария Смирнова\n"],
  ["iso-8859-2", "Stanisław Dąbrowski\nMałgorzata Wiśniewska\nJózef Jabłoński\nŁukasz Wąs\n"],
  ["windows-1253", "Γεώργιος Παπαδόπουλος\nΜαρία Παπαδοπούλου\nΕλένη Δημητρίου\n"],
  ["windows-1254", "Ayşe Yılmaz\nMehmet Öztürk\nGülşen Çelik\nIşıl Şahin\nŞükrü Doğan\n"],
  ["windows-1257", "Rūta Žukauskienė\nŠarūnas Čepaitis\nKęstutis Vaičiūnas\nMindaugas Šimkūnas\n"],
];

for (const [encoding, text] of OTHERS) {
  Deno.test(`createByteCounts: is not certain when a text is in ${encoding}`, () => {
    assert.equal(guessBytes(encodeAs(text.repeat(10), encoding)).isCertain, false);
  });
}

Deno.test("createByteCounts: is certain for a list of names in several languages of an encoding", () => {
  const names =
    "Jürg Müller\nHélène Côté\nBjörn Groß\nJosé Núñez\nZoé Maître\nKäthe Weiß\nNeuchâtel\n";
  assert.partialDeepStrictEqual(guess(names.repeat(2), "windows-1252"), {
    encoding: "windows-1252",
    isCertain: true,
  });
});

Deno.test("createByteCounts: does not depend on the chunks", () => {
  const [encoding, text] = LISTS.Polish ?? assert.fail();
  assert.deepEqual(guess(text, encoding, 1), guess(text, encoding));
});

Deno.test("createByteCounts: is not certain when ¿ and ¡ before words decide, however long the list is", () => {
  for (const text of ["¿Qué?\n", "¿qué tal\n", "¡Hola!\n", "¿Está José?\n"]) {
    assert.equal(guess(text.repeat(200), "windows-1252").isCertain, false, text);
  }
  assert.equal(guess("żona\n".repeat(200), "windows-1250").isCertain, false);
  const polish = guess("żona Łukasz Dąbrowski\n".repeat(20), "windows-1250");
  assert.partialDeepStrictEqual(polish, { encoding: "windows-1250", isCertain: true });
  const spanish = guess("¿Qué? Muñoz Peña García López José\n".repeat(20), "windows-1252");
  assert.partialDeepStrictEqual(spanish, { encoding: "windows-1252", isCertain: true });
});
