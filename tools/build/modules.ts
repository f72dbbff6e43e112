/** The modules of the build, and the files by which Deno finds the native addon beside them. */
import { join } from "node:path";
import manifest from "../../deno.json" with { type: "json" };
import { bundleModule, hideNativeImport, renameThread, useNodeTimers } from "./bundle.ts";
import { lockOf } from "./native_lock.ts";

/** The source code that becomes `hark.js`. */
export const ENTRY = "runtime/built.ts";
const DEPLOY_ENTRY = "runtime/deploy.ts";
const THREAD = { folder: "adapters/libsql/connection", source: "embedded_thread.ts" } as const;
const THREAD_FILE = "embedded_thread.js";

/**
 * Makes the modules.
 *
 * @param root the folder of the source code
 * @param importMap the path of an import map in place of the imports of `deno.json`
 */
export async function buildModules(root: string, importMap?: string) {
  const program = await bundleModule(root, ENTRY, importMap);
  const deployment = await bundleModule(root, DEPLOY_ENTRY, importMap);
  const thread = await bundleModule(root, join(THREAD.folder, THREAD.source), importMap);
  return {
    "hark.js": useNodeTimers(
      hideNativeImport(renameThread(program, THREAD.source, THREAD_FILE)),
    ),
    "deploy.js": useNodeTimers(
      hideNativeImport(renameThread(deployment, THREAD.source, THREAD_FILE)),
    ),
    [THREAD_FILE]: hideNativeImport(thread),
  } as const;
}

/** Makes `deno.json` and `deno.lock`, by which Deno finds npm's `libsql`, with its checksums. */
export async function nativeFiles(root: string) {
  const config = { imports: { libsql: manifest.imports.libsql }, lock: { frozen: true } };
  const lock = await Deno.readTextFile(join(root, "deno.lock"));
  return {
    "deno.json": `${JSON.stringify(config, null, 2)}\n`,
    "deno.lock": lockOf(lock, "libsql", libsqlVersion()),
  } as const;
}

/** The version of npm's `libsql`. */
export function libsqlVersion(): string {
  return manifest.imports.libsql.replace(/^npm:libsql@/, "");
}
