/** Uploads of text in other encodings, and the warning that a guessed one waits with. */
import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { concat, encode, utf16, utf8 } from "../../domain/csv/encoding_support.ts";
import { bodyOf, newServiceWithTemplates, type ServiceWithTemplates } from "../support.ts";
import { assertNothingKept, jobsOf, placesOf, upload } from "./jobs_support.ts";
import { test } from "../../support/runner.ts";

const NAMES = ["Олена", "Олександра", "Їжак"];
const csvOf = (names: readonly string[]) =>
  ["phone number,name", ...names.map((name, at) => `${7_700_900_100 + at},${name}`), ""].join("\n");
const SHORT = csvOf(["Zoë", "René"]);
const shortBytes = encode(SHORT, "windows-1252");
const LONG = csvOf(Array.from({ length: 20 }, (_, at) => `Zoë ${at}`));

async function start() {
  const hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, {
    sms_prefix: false,
    international_sms: true,
  });
  return { hark, service, [Symbol.asyncDispose]: () => hark[Symbol.asyncDispose]() };
}

const startOf = (
  hark: TestApplication,
  service: ServiceWithTemplates,
  id: string,
  body?: unknown,
) => hark.manage("POST", `${jobsOf(service)}/${id}/start`, body);

async function textsOf(hark: TestApplication): Promise<readonly string[]> {
  await hark.settle();
  return (await hark.sent()).map(({ text }) => text).sort();
}

/** UTF-8 with a letter that is cut at byte 7. */
const CUT = concat("07700900322,", utf8("Олександра").slice(0, 7), "\n");
const REFUSED: readonly (readonly [string, Uint8Array<ArrayBuffer>, number, string | null])[] = [
  [
    "a cut letter between three rows",
    concat("phone number,name\n07700900321,Олена\n", CUT, "07700900323,Їжак\n"),
    3,
    "name",
  ],
  [
    "a cut letter before 4,000 rows",
    concat("phone number,name\n", CUT, "07700900323,Їжак\n".repeat(4_000)),
    2,
    "name",
  ],
  [
    "a cut letter in the headings",
    concat("phone number,ім", Uint8Array.of(0xd1), "\n1,Олена\n"),
    1,
    null,
  ],
  [
    "a lone no-break blank of Windows",
    concat("phone number;name\n07700900321;Олена", Uint8Array.of(0xa0), "Лі\n"),
    2,
    "name",
  ],
  [
    "a cut letter in a quoted cell of two lines",
    concat('phone number,name\n07700900321,"Олена\nдруга ', Uint8Array.of(0xd0), '"\n'),
    2,
    "name",
  ],
];

for (const [what, body, row, column] of REFUSED) {
  Deno.test(`POST …/jobs: 422 bad_encoding with row and column for UTF-8 with ${what}`, async () => {
    await using test = await start();
    const { hark, service } = test;
    for (const query of [{}, { dry_run: "true" }, { encoding: "utf-8" }]) {
      const report = await bodyOf(await upload(hark, service, body, query), 422);
      assert.deepEqual(placesOf(report), [[row, column, "bad_encoding"]]);
      assert.match(report.detail, new RegExp(`row ${row}, column \\d`));
      assert.deepEqual(report.warnings, []);
    }
    await assertNothingKept(hark);
    assert.deepEqual(await textsOf(hark), []);
  });
}

test.inside("POST …/jobs: refuses a list whose encoding changes at row 50,000, and keeps nothing of it", async () => {
  await using test = await start();
  const { hark, service } = test;
  const head = utf8("phone number,name\n");
  const half = Array.from({ length: 49_998 }, (_, at) => `${7_700_000_000 + at},Олена\n`).join("");
  const other = Array.from({ length: 50_000 }, (_, at) => `${7_710_000_000 + at},Олена\n`).join("");
  const cases = [
    [utf8(half), encode(other, "windows-1251")],
    [encode(half, "windows-1251"), utf8(other)],
  ] as const;
  for (const parts of cases) {
    const body = new Blob([head, ...parts]);
    const report = await bodyOf(await upload(hark, service, body), 422);
    assert.deepEqual(placesOf(report), [[50_000, "name", "bad_encoding"]]);
  }
  await assertNothingKept(hark);
});

Deno.test("POST …/jobs: reports the encoding and a sample, on the job too", async () => {
  await using test = await start();
  const { hark, service } = test;
  const ukrainian = csvOf([...NAMES, ...NAMES]);
  const cases: readonly (readonly [BodyInit, string, readonly string[], Record<string, string>])[] =
    [
      [ukrainian, "utf-8", NAMES, {}],
      [`\ufeff${ukrainian}`, "utf-8", NAMES, {}],
      [encode(ukrainian, "windows-1251"), "windows-1251", NAMES, {}],
      [utf16(`\ufeff${ukrainian}`, true), "utf-16le", NAMES, {}],
      [csvOf(["Ann"]), "utf-8", [], {}],
      [encode(LONG, "windows-1252"), "windows-1252", [0, 1, 2, 3, 4].map((at) => `Zoë ${at}`), {}],
      [encode(csvOf(NAMES), "windows-1251"), "windows-1251", NAMES, { encoding: "CP1251" }],
      [shortBytes, "windows-1252", ["Zoë", "René"], { encoding: "latin1" }],
    ];
  for (const [body, encoding, sample, query] of cases) {
    const report = await bodyOf(
      await upload(hark, service, body, { ...query, dry_run: "true" }),
      200,
    );
    assert.partialDeepStrictEqual(report, { encoding, sample, warnings: [] });
    const job = await bodyOf(await upload(hark, service, body, { ...query, start: "false" }), 201);
    assert.partialDeepStrictEqual(job, { encoding, sample, warnings: [] });
    const shown = await bodyOf(await hark.manage("GET", `${jobsOf(service)}/${job.id}`), 200);
    assert.partialDeepStrictEqual(shown, { encoding, sample, warnings: [] });
  }
});

Deno.test("POST …/jobs: reports no encoding of JSON and spreadsheets", async () => {
  await using test = await start();
  const json = { "content-type": "application/json" };
  const body = JSON.stringify({ rows: [["phone number", "name"], ["07700900123", "Zoë"]] });
  for (const query of [{}, { encoding: "windows-1251" }]) {
    const job = await bodyOf(await upload(test.hark, test.service, body, query, json), 201);
    assert.partialDeepStrictEqual(job, {
      encoding: null,
      sample: [],
      warnings: [],
      status: "pending",
    });
  }
});

Deno.test("POST …/jobs: a guessed encoding waits with a warning until it is accepted", async () => {
  await using test = await start();
  const { hark, service } = test;
  const report = await bodyOf(await upload(hark, service, shortBytes, { dry_run: "true" }), 200);
  const [warning] = report.warnings;
  assert.partialDeepStrictEqual(warning, { code: "guessed_encoding", row: null, column: null });
  assert.match(warning.message, /Windows-1252.*sample/);
  assert.equal(report.error_count, 0);
  const job = await bodyOf(await upload(hark, service, shortBytes), 201);
  assert.partialDeepStrictEqual(job, {
    status: "ready to send",
    encoding: "windows-1252",
    sample: ["Zoë", "René"],
    warnings: [warning],
  });
  assert.deepEqual(await textsOf(hark), []);
  for (const body of [undefined, {}, { accept_warnings: [] }, { accept_warnings: ["same-file"] }]) {
    const refused = await bodyOf(await startOf(hark, service, job.id, body), 409);
    assert.match(refused.detail, /guessed_encoding/);
    assert.partialDeepStrictEqual(refused, { code: "warnings_not_accepted", warnings: [warning] });
  }
  for (
    const body of [{ accept_warnings: ["guessed"] }, { accept: [] }, { accept_warnings: "x" }, []]
  ) {
    await bodyOf(await startOf(hark, service, job.id, body), 400);
  }
  assert.deepEqual(await textsOf(hark), []);
  const accepted = { accept_warnings: ["guessed_encoding"] };
  const started = await bodyOf(await startOf(hark, service, job.id, accepted), 200);
  assert.equal(started.status, "pending");
  assert.deepEqual(await textsOf(hark), ["Hi René", "Hi Zoë"]);
  assert.match(
    (await bodyOf(await startOf(hark, service, job.id, accepted), 409)).detail,
    /finished/,
  );
});

Deno.test("POST …/jobs?accept_warnings: starts at once, and refuses unknown names", async () => {
  await using test = await start();
  const { hark, service } = test;
  const query = { accept_warnings: "guessed_encoding" };
  const job = await bodyOf(await upload(hark, service, shortBytes, query), 201);
  assert.equal(job.status, "pending");
  assert.deepEqual(job.warnings.map(({ code }: { code: string }) => code), ["guessed_encoding"]);
  assert.deepEqual(await textsOf(hark), ["Hi René", "Hi Zoë"]);
  const both = { accept_warnings: "same-file,guessed_encoding", start: "false" };
  assert.equal(
    (await bodyOf(await upload(hark, service, shortBytes, both), 201)).status,
    "ready to send",
  );
  for (const names of ["guessed", "", "guessed_encoding,x"]) {
    const refused = await bodyOf(
      await upload(hark, service, SHORT, { accept_warnings: names }),
      400,
    );
    assert.deepEqual(refused.errors.map(({ field }: { field: string }) => field.split(".")[0]), [
      "accept_warnings",
    ]);
    assert.match(refused.errors[0].message, /guessed_encoding/);
  }
});

Deno.test("POST …/jobs?encoding: 400 with what to send for an encoding that is not known", async () => {
  await using test = await start();
  for (const encoding of ["cp-1251", "", "replacement"]) {
    const refused = await bodyOf(await upload(test.hark, test.service, SHORT, { encoding }), 400);
    assert.equal(refused.errors[0].field, "encoding");
    assert.match(refused.errors[0].message, /windows-1251/);
  }
});

Deno.test("POST …/jobs: answers a repeated upload with the same warnings; 422 for other options", async () => {
  await using test = await start();
  const { hark, service } = test;
  const headers = { "content-type": "text/csv", "idempotency-key": "list" };
  const first = await bodyOf(await upload(hark, service, shortBytes, {}, headers), 201);
  const again = await upload(hark, service, shortBytes, {}, headers);
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.deepEqual(await bodyOf(again, 201), first);
  for (const query of [{ encoding: "windows-1252" }, { accept_warnings: "guessed_encoding" }]) {
    await bodyOf(await upload(hark, service, shortBytes, query, headers), 422);
  }
});

Deno.test("POST …/jobs: stores the sample encrypted", async () => {
  await using test = await start();
  const { hark, service } = test;
  await bodyOf(await upload(hark, service, encode(csvOf(NAMES), "windows-1251")), 201);
  const [stored] = await hark.db.read([{
    sql: "SELECT * FROM jobs WHERE service_id = unhex(?, '-')",
    args: [service.id],
  }]);
  const values = Object.values(stored?.rows[0] ?? {});
  assert(values.includes("windows-1251"));
  const text = values.map((value) =>
    value instanceof ArrayBuffer ? new TextDecoder().decode(value) : value
  );
  assert.doesNotMatch(text.join(), /Олена/);
});
