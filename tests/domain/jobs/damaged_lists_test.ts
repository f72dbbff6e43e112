/** No damage to quotes and delimiters of a list may put a value of one row into the message of another. */
import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import type { JobRow } from "../../../domain/jobs/job.ts";
import { parseRnokpp } from "../../../domain/recipient/rnokpp.ts";
import { type ListResult, readList } from "./lists_support.ts";

/** Ids of people have no form, so that any line may begin with one: the inbox is not among them. */
type Channel = "sms" | "email" | "diia";
type Delimiter = "," | "\t" | ";";

const HEADINGS = {
  sms: "phone number",
  email: "email address",
  diia: "rnokpp",
} as const;
const DELIMITERS: readonly Delimiter[] = [",", "\t", ";"];
/** Numbers with a right check digit. */
const TAX_NUMBERS = ["123456789", "333333333", "222222222", "111111111"].map((digits) =>
  Array.from({ length: 10 }, (_, check) => `${digits}${check}`)
    .find((number) => parseRnokpp(number).ok) ?? ""
);

interface List {
  readonly channel: Channel;
  readonly delimiter: Delimiter;
  /** The index of the recipient's column. */
  readonly at: number;
  /** The headings first. */
  readonly rows: readonly (readonly string[])[];
  readonly quoteAll: boolean;
  readonly lineEnd: string;
  /** Which of the columns the template uses. */
  readonly used: readonly boolean[];
}

function recipientOf(channel: Channel, row: number): string {
  if (channel === "sms") return `0770090${String(1000 + row)}`;
  if (channel === "email") return `r${row}@example.com`;
  return TAX_NUMBERS[row % TAX_NUMBERS.length] ?? "";
}

const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("", "Ann", "12 pm", "Siân Jones", "Олена") },
  fc.constantFrom("Smith, Ann", 'the 5" pipe', "1 High Street,\nLondon, SW1", "a;b", "a\tb"),
  fc.constantFrom('say "hi"', "two\nlines", "x,\r\ny,z", '"', "'q'"),
);

const list: fc.Arbitrary<List> = fc.record({
  channel: fc.constantFrom<Channel>("sms", "email", "diia"),
  delimiter: fc.constantFrom(...DELIMITERS),
  width: fc.integer({ min: 2, max: 4 }),
  at: fc.nat(3),
  count: fc.integer({ min: 2, max: 4 }),
  texts: fc.array(text, { minLength: 16, maxLength: 16 }),
  quoteAll: fc.boolean(),
  lineEnd: fc.constantFrom("\n", "\r\n"),
  used: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
}).map(({ width, count, texts, at, ...rest }) => {
  const place = at % width;
  const column = (index: number) => `c${index}`;
  const headings = Array.from(
    { length: width },
    (_, index) => index === place ? HEADINGS[rest.channel] : column(index),
  );
  const rows = Array.from(
    { length: count },
    (_, row) =>
      Array.from({ length: width }, (_, index) => {
        if (index === place) return recipientOf(rest.channel, row);
        // The mark tells which row a value is from. Empty cells stay empty.
        const value = texts[row * width + index] ?? "";
        return value === "" ? "" : `${value} ·${row}·`;
      }),
  );
  return { ...rest, at: place, rows: [headings, ...rows] };
});

function write({ rows, delimiter, quoteAll, lineEnd }: List): string {
  const cell = (value: string) =>
    quoteAll || /[",;\t\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  return rows.map((row) => row.map(cell).join(delimiter)).join(lineEnd) + lineEnd;
}

interface Damage {
  readonly place: number;
  readonly insert: boolean;
  readonly character: "quote" | "delimiter";
}

const damages = fc.array(
  fc.record<Damage>({
    place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    insert: fc.boolean(),
    character: fc.constantFrom<Damage["character"]>("quote", "delimiter"),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Inserts a quote or delimiter where cells begin or end, or anywhere; or deletes one. */
function damage(file: string, delimiter: Delimiter, { place, insert, character }: Damage): string {
  const added = character === "quote" ? '"' : delimiter;
  const ends = [...file.matchAll(/[",;\t\r\n]|^/g)].map(({ index }) => index);
  if (insert) {
    const places = [...ends, ...ends.map((end) => end + 1), Math.floor(place * file.length)];
    const at = places[Math.floor(place * places.length)] ?? 0;
    return file.slice(0, at) + added + file.slice(at);
  }
  const found = [...file].flatMap((each, index) => each === added ? [index] : []);
  const at = found[Math.floor(place * found.length)];
  return at === undefined ? file : file.slice(0, at) + file.slice(at + 1);
}

function templateOf({ rows: [headings = []], used, channel }: List) {
  const names = headings.filter((heading, at) =>
    heading !== HEADINGS[channel] && used[at] === true
  );
  const written = names.map((name) => channel === "diia" ? `{${name}}` : `((${name}))`);
  return { channel, body: `Hi ${written.join(" ")} end` };
}

/** The rows whose marks are in the values of a row. */
function marksOf({ personalisation }: JobRow): readonly number[] {
  return [...JSON.stringify(personalisation).matchAll(/·(\d)·/g)].map(([, row]) => Number(row));
}

function rowsOf(result: ListResult, { channel }: List): readonly (readonly [number, JobRow])[] {
  return result.rows.map((row) => {
    const index = [0, 1, 2, 3].find((at) => recipientOf(channel, at) === row.recipient);
    return [index ?? -1, row] as const;
  });
}

Deno.test("createRecipientListValidator: no value of one row stands in another row's message when quotes and delimiters are damaged", () => {
  let accepted = 0;
  fc.assert(
    fc.property(list, damages, (sheet, each) => {
      const file = each.reduce((read, one) => damage(read, sheet.delimiter, one), write(sheet));
      const result = readList(file, templateOf(sheet));
      if (result.refused) return;
      accepted++;
      for (const [index, row] of rowsOf(result, sheet)) {
        const others = marksOf(row).filter((mark) => mark !== index);
        assert.deepEqual(others, [], JSON.stringify({ file, row }));
      }
    }),
    { numRuns: 4_000, seed: 12 },
  );
  assert.ok(accepted > 100, `${accepted}`);
});

Deno.test("createRecipientListValidator: accepts a list whose quotes and delimiters are right, with the values as written", () => {
  fc.assert(
    fc.property(list, (sheet) => {
      const all = { ...sheet, used: [true, true, true, true] };
      const rows = sheet.rows.map((row) => row.map((cell) => cell === "" ? "x" : cell));
      const result = readList(write({ ...all, rows }), templateOf(all));
      assert.equal(result.refused, false, JSON.stringify(result.errors));
      assert.equal(result.rows.length, sheet.rows.length - 1);
      for (const [index, { personalisation }] of rowsOf(result, sheet)) {
        const expected = (rows[index + 1] ?? []).filter((_, at) => at !== sheet.at);
        assert.deepEqual(Object.values(personalisation), expected);
      }
    }),
    { numRuns: 1_000, seed: 12 },
  );
});
