/** The files of tests that run against other servers too. */

const ROOT = new URL("../../", import.meta.url);
/** The folders of tests that speak HTTP and mark with `test.inside` what looks inside the application. */
const FOLDERS = ["tests/routes/notify/v2"] as const;

/** Every file of tests in {@link FOLDERS}, from the project's folder. */
export async function listTestFiles(): Promise<readonly string[]> {
  const files: string[] = [];
  async function visit(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, ROOT))) {
      if (isDirectory) await visit(`${folder}/${name}`);
      else if (/_test\.tsx?$/.test(name)) files.push(`${folder}/${name}`);
    }
  }
  for (const folder of FOLDERS) await visit(folder);
  return files.sort();
}
