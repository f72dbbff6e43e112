import assert from "node:assert/strict";
import { MAX_FILE_BYTES } from "../../../domain/files/plan_files.ts";
import { startTestApplication } from "../../support/application.ts";
import {
  assertError,
  assertNothingSent,
  bodyOf,
  callAt,
  emailTo,
  newServiceWithTemplates,
  NO_ID,
  SMS,
  textTo,
} from "../support.ts";
import {
  assertStored,
  fileOf,
  type FilesFixture,
  openFilesFixture,
  postFiles,
  sendFile,
} from "./support.ts";

const SUPPORTED = "Supported types are: '.csv', '.doc', '.docx', '.jpeg', '.jpg', '.json', " +
  "'.odt', '.pdf', '.png', '.rtf', '.txt', '.xlsx'";

/** The refusals of GOV.UK Notify's document service. */
const REFUSED: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  ["no base64", { file: "it's me" }, "Document is not base64 encoded"],
  ["base64 of another alphabet", { file: "aG-_" }, "Document is not base64 encoded"],
  ["nothing", { file: "" }, "Document must not be empty"],
  [
    "a byte too much",
    fileOf(new Uint8Array(MAX_FILE_BYTES + 1).fill(65)),
    "Uploaded file exceeds file size limit",
  ],
  [
    "a name of 101 characters",
    fileOf("x", { filename: `${"a".repeat(97)}.pdf` }),
    "`filename` cannot be longer than 100 characters",
  ],
  [
    "a name that ends in a dot",
    fileOf("x", { filename: "file." }),
    "`filename` must end with a file extension. For example, filename.csv",
  ],
  [
    "a program by its name",
    fileOf("x", { filename: "a.EXE" }),
    `Unsupported file type '.exe'. ${SUPPORTED}`,
  ],
  [
    "a program by its content",
    fileOf("MZ\u0000"),
    `Unsupported file type 'application/x-dosexec'. ${SUPPORTED}`,
  ],
  [
    "a page by its content",
    fileOf("<!doctype html><script>", { is_csv: true }),
    `Unsupported file type 'text/html'. ${SUPPORTED}`,
  ],
];

async function assertNothingKept(fixture: FilesFixture): Promise<void> {
  await assertNothingSent(fixture.hark);
  await assertStored(fixture, 0);
}

for (const [what, file, message] of REFUSED) {
  Deno.test(`POST /v2/notifications/email: refuses a file that is ${what}, and keeps nothing`, async () => {
    await using fixture = await openFilesFixture();
    const answer = await postFiles(fixture, { doc: fileOf("good"), other: file });
    await assertError(answer, 400, "BadRequestError", message);
    await assertNothingKept(fixture);
  });
}

Deno.test("POST /v2/notifications/email: accepts a file of 2 MiB and 1 KiB, and a name of 100 characters", async () => {
  await using fixture = await openFilesFixture();
  await sendFile(fixture, fileOf(new Uint8Array(MAX_FILE_BYTES).fill(65)));
  await sendFile(fixture, fileOf("x", { filename: `${"a".repeat(96)}.pdf` }));
});

Deno.test("POST /v2/notifications/email: stores no file of a request that is refused for another reason", async () => {
  await using fixture = await openFilesFixture();
  const { hark, service } = fixture;
  const doc = fileOf("good");
  const cases = [
    [{ other: doc }, {}, "Missing personalisation: doc"],
    [{ doc }, { template_id: NO_ID }, "Template not found"],
    [
      { doc },
      { key: service.keys.team },
      "Can’t send to this recipient using a team-only API key",
    ],
  ] as const;
  for (const [personalisation, fields, message] of cases) {
    const answer = await postFiles(fixture, personalisation, fields);
    await assertError(answer, 400, "BadRequestError", message);
  }
  // The recipient is checked before the file, as in GOV.UK Notify.
  await assertError(
    await postFiles(fixture, { doc: { file: "" } }, { key: service.keys.team }),
    400,
    "BadRequestError",
    "Can’t send to this recipient using a team-only API key",
  );
  await assertNothingKept(fixture);
  await hark.manage("PATCH", `/manage/services/${service.id}`, { daily_limits: { email: 1 } });
  await bodyOf(await postFiles(fixture, { doc }), 201);
  for (let again = 0; again < 2; again++) {
    const body = await bodyOf(await postFiles(fixture, { doc }), 429);
    assert.equal(body.errors[0].error, "TooManyRequestsError");
  }
  await hark.settle();
  await assertStored(fixture, 1);
});

Deno.test("POST /v2/notifications/email: deletes its files when concurrent requests reach the limit first", async () => {
  await using fixture = await openFilesFixture();
  const { hark, service } = fixture;
  await hark.manage("PATCH", `/manage/services/${service.id}`, { daily_limits: { email: 3 } });
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => postFiles(fixture, { doc: fileOf("good") })),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [201, 201, 201, 429, 429, 429, 429, 429]);
  for (const answer of answers) await answer.body?.cancel();
  await hark.settle();
  await assertStored(fixture, 3);
});

Deno.test("POST /v2/notifications/sms: refuses a file even when FILES_DIR is set", async () => {
  await using fixture = await openFilesFixture();
  const { hark, clock, service } = fixture;
  const body = textTo(service, { personalisation: { name: "x", doc: fileOf("good") } });
  const answer = await callAt(hark, clock, service.keys.live, "POST", SMS, body);
  await assertError(answer, 400, "BadRequestError", "Can only send a file by email");
  await assertNothingKept(fixture);
});

Deno.test("GET /d/…: 404 without FILES_DIR", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const request = emailTo(service, { personalisation: { name: "Ann", item: fileOf("x") } });
  const answer = await hark.as(service.keys.live, "POST", "/v2/notifications/email", request);
  await assertError(
    answer,
    400,
    "BadRequestError",
    "Send files by email has not been set up - add contact details for your service at " +
      `http://hark.test/services/${service.id}/service-settings/send-files-by-email`,
  );
  const segment = "A".repeat(22);
  const path = `/d/${segment}/${segment}?key=${"A".repeat(43)}`;
  await bodyOf(await hark.request(path), 404);
});
