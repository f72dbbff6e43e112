/** The files of tests that run in every runner. */

const ROOT = new URL("../../", import.meta.url);

/** Every test below this folder speaks HTTP, or is made by `test.inside`. */
const FOLDER = "tests/routes";

/** The files of the conformance suite of which the same is true. The others start processes of their own. */
const CONFORMANCE_FILES = [
  "tests/conformance/field_cases_test.ts",
  "tests/conformance/field_receipts_test.ts",
  "tests/conformance/field_sending_test.ts",
  "tests/conformance/official_client_files_test.ts",
  "tests/conformance/official_client_received_texts_test.ts",
  "tests/conformance/official_client_test.ts",
] as const;

/** The files that CI runs. All files take too long for it. */
const CI_FILES: readonly string[] = [
  "tests/conformance/official_client_test.ts",
  "tests/routes/manage/services_test.ts",
  "tests/routes/manage/templates_test.ts",
  "tests/routes/metrics/metrics_test.ts",
  "tests/routes/notify/v2016_test.ts",
  "tests/routes/notify/v2/body_test.ts",
  "tests/routes/notify/v2/read_test.ts",
  "tests/routes/notify/v2/refusals_test.ts",
  "tests/routes/notify/v2/send_test.ts",
  "tests/routes/notify/v2/templates_test.ts",
  "tests/routes/web/pages_test.ts",
];

/** Returns all files with `long`, else {@link CI_FILES}. Paths begin at the project's folder. */
export async function listTestFiles(
  { long }: { readonly long: boolean },
): Promise<readonly string[]> {
  const files: string[] = [...CONFORMANCE_FILES];
  async function visit(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, ROOT))) {
      if (isDirectory) await visit(`${folder}/${name}`);
      else if (/_test\.tsx?$/.test(name)) files.push(`${folder}/${name}`);
    }
  }
  await visit(FOLDER);
  const missing = CI_FILES.filter((file) => !files.includes(file));
  if (missing.length > 0) {
    throw new Error(`CI_FILES has files that do not exist: ${missing.join(", ")}`);
  }
  return files.filter((file) => long || CI_FILES.includes(file)).sort();
}
