/** The files of tests that run against other servers too. */

const ROOT = new URL("../../", import.meta.url);
/** The folders of tests that speak HTTP and mark with `test.inside` what looks inside the application. */
const FOLDERS = ["tests/routes/notify/v2"] as const;

/** Further files of tests whose marks say the same. */
const FILES = [
  "tests/conformance/official_client_test.ts",
  "tests/routes/manage/preview_test.ts",
  "tests/routes/manage/senders_test.ts",
  "tests/routes/manage/services_test.ts",
  "tests/routes/manage/template_folders_test.ts",
  "tests/routes/manage/templates_test.ts",
  "tests/routes/metrics/metrics_test.ts",
  "tests/routes/notify/dry_run_test.ts",
  "tests/routes/notify/v2016_test.ts",
  "tests/routes/web/pages_test.ts",
] as const;

/** More such files. With them CI would take too long. */
const LONG_FILES = [
  "tests/routes/manage/audit_subjects_test.ts",
  "tests/routes/manage/jobs_columns_test.ts",
  "tests/routes/manage/jobs_encoding_test.ts",
  "tests/routes/manage/jobs_spreadsheet_test.ts",
  "tests/routes/manage/jobs_test.ts",
  "tests/routes/manage/keys_test.ts",
  "tests/routes/manage/notification_search_test.ts",
  "tests/routes/manage/notifications_test.ts",
  "tests/routes/manage/own_ids_test.ts",
  "tests/routes/manage/resend_test.ts",
  "tests/routes/manage/strict_lists_test.ts",
  "tests/routes/manage/team_test.ts",
  "tests/routes/manage/tokens_test.ts",
  "tests/routes/notify/auth_test.ts",
  "tests/routes/notify/content/scripts_test.ts",
] as const;

/**
 * {@link FILES}, every file of tests in {@link FOLDERS}, and {@link LONG_FILES} with `long`. Paths begin at the project's
 * folder.
 */
export async function listTestFiles(
  { long }: { readonly long: boolean },
): Promise<readonly string[]> {
  const files: string[] = [...FILES, ...long ? LONG_FILES : []];
  async function visit(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, ROOT))) {
      if (isDirectory) await visit(`${folder}/${name}`);
      else if (/_test\.tsx?$/.test(name)) files.push(`${folder}/${name}`);
    }
  }
  for (const folder of FOLDERS) await visit(folder);
  return files.sort();
}
