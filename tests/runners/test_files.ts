/** The files of tests that run against other servers too. */

const ROOT = new URL("../../", import.meta.url);
/** The folders of tests that speak HTTP and mark with `test.inside` what looks inside the application. */
const FOLDERS = ["tests/routes/notify/v2"] as const;

/** Files elsewhere, whose tests begin with a server's address. */
const FILES = ["tests/conformance/official_client_test.ts"] as const;

/** {@link FILES}, and every file of tests in {@link FOLDERS}, from the project's folder. */
export async function listTestFiles(): Promise<readonly string[]> {
  const files: string[] = [...FILES];
  async function visit(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, ROOT))) {
      if (isDirectory) await visit(`${folder}/${name}`);
      else if (/_test\.tsx?$/.test(name)) files.push(`${folder}/${name}`);
    }
  }
  for (const folder of FOLDERS) await visit(folder);
  return files.sort();
}
