/** Versions of Deno that this machine has from npm. */

/** The versions that the build is tested on: the oldest that it supports, one between, and the project's own. */
export const BUILD_VERSIONS = ["2.5.6", "2.7.14", "2.9.6"] as const;

/**
 * Returns the path of a version of Deno that npx has run before, without the network; `undefined` when it has not. CI
 * fetches the versions before the tests.
 */
export async function findDeno(version: string): Promise<string | undefined> {
  if (version === Deno.version.deno) return Deno.execPath();
  try {
    const { success, stdout } = await new Deno.Command("npx", {
      args: ["--offline", "--no", `deno@${version}`, "eval", "console.log(Deno.execPath())"],
      stdin: "null",
      stderr: "null",
      env: { NO_COLOR: "1" },
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
