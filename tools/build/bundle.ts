/** Bundles modules of the source code. */

/**
 * Returns the text of one minified module that has all that `entry` imports, except npm's `libsql`.
 *
 * @param importMap the path of an import map in place of the imports of `deno.json`
 */
export async function bundleModule(
  root: string,
  entry: string,
  importMap?: string,
): Promise<string> {
  const output = await Deno.makeTempFile({ suffix: ".js" });
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["bundle", "--quiet", "--frozen", "--platform", "deno", "--external", "libsql"],
        // For Deno before 2.8, such as that of Deno Deploy's builder.
        ...["--unstable-raw-imports", "--minify", "--output", output],
        ...(importMap === undefined ? [] : [`--import-map=${importMap}`]),
        entry,
      ],
      cwd: root,
      stdin: "null",
      stdout: "null",
    }).output();
    if (!success) throw new Error(`${entry}: ${new TextDecoder().decode(stderr)}`);
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(output);
  }
}

/** The import of libSQL's native addon, as the bundler writes it. */
const NATIVE_IMPORT = 'import("libsql")';

/**
 * Hides the import of libSQL's native addon from Deno, which fetches at its start all packages that a module names. It
 * is fetched, or looked for, when a database file is opened.
 *
 * @throws when the module does not import it
 */
export function hideNativeImport(text: string): string {
  if (!text.includes(NATIVE_IMPORT)) throw new Error(`the bundle does not have ${NATIVE_IMPORT}`);
  return text.replaceAll(NATIVE_IMPORT, 'import(String("libsql"))');
}

/**
 * Replaces the name of the thread's source file, which the bundler leaves as it is, by the name of its bundle.
 *
 * @throws unless the module has the name once
 */
export function renameThread(text: string, from: string, to: string): string {
  const parts = text.split(`"./${from}"`);
  if (parts.length !== 2) throw new Error(`the bundle has "./${from}" ${parts.length - 1} times`);
  return parts.join(`"./${to}"`);
}

/**
 * Gives a module the timers of Node, as npm packages have them that are not bundled. Before 2.8 Deno's own `setTimeout`
 * returns a number, on which undici would call `unref`.
 */
export function useNodeTimers(text: string): string {
  return `import{setTimeout,clearTimeout}from"node:timers";${text}`;
}
