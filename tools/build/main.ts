/**
 * `deno task build`: makes the folder `dist` (`--out FOLDER` for another one), which runs without the source code.
 *
 * - `hark.js`: all commands as one module, for Deno 2.5 and later. On a remote database it needs `--allow-net
 *   --allow-env` alone.
 * - `deploy.js`: the entry point of Deno Deploy as one module.
 * - `embedded_thread.js`: the thread that opens a database file.
 * - `deno.json`, `deno.lock`: where Deno finds libSQL's native addon, which is loaded for a database file only.
 * - `licences.txt`: the licences of the packages that the two modules contain.
 * - `npm/`: the package for npm, whose command runs `hark.js` by the Deno that it depends on.
 * - `SHA256SUMS`: the checksums of all these, for `sha256sum --check`.
 *
 * With `--modules` it makes the modules alone, with their checksums, and runs on Deno 2.5 too: Deno Deploy builds so.
 *
 * The same source code makes the same bytes, in any folder. Other files of the folder stay, such as the Worker's: the task
 * refuses to write over a file that no build has made, or through a link below the folder. It deletes nothing but
 * temporary files of interrupted builds.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import manifest from "../../deno.json" with { type: "json" };
import { collectLicences } from "./licences.ts";
import { buildModules, ENTRY, libsqlVersion, nativeFiles } from "./modules.ts";
import { PACKAGE_FILES, PACKAGE_NAME, packageManifest } from "./package.ts";
import { CannotWriteBuild, writeBuild } from "./write_build.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The package's command. */
const EXECUTABLES = [`npm/${PACKAGE_FILES.own[0]}`];

/** The native addon: npm's `libsql`, with a package for each platform. */
const isNative = (name: string) =>
  name === "libsql" || /^@libsql\/(?:darwin|linux|win32)/.test(name);

/** Makes the files of the build, by their paths in its folder. */
async function buildFiles(): Promise<ReadonlyMap<string, string>> {
  const read = (path: string) => Deno.readTextFile(join(ROOT, path));
  const built = {
    ...await buildModules(ROOT),
    "licences.txt": await collectLicences(ROOT, ENTRY, isNative),
  };
  const copies = (from: string, names: readonly string[]) =>
    Promise.all(
      names.map(async (name) => [`npm/${name}`, await read(`${from}/${name}`)] as const),
    );
  return new Map([
    ...Object.entries(built),
    ...Object.entries(await nativeFiles(ROOT)),
    ["npm/package.json", packageManifest(manifest.version, libsqlVersion())],
    ["npm/LICENSE", await read("LICENSE")],
    ...await copies("tools/build/package", PACKAGE_FILES.own),
    ...await copies("deploy", PACKAGE_FILES.deploy),
    ...PACKAGE_FILES.built.map((name) => [`npm/${name}`, built[name]] as const),
  ]);
}

/** Writes files of the build into a folder, and prints each file's checksum and size. */
async function write(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const sums = await writeBuild(folder, files, EXECUTABLES);
  for (const [path, text] of files) {
    console.log(`${sums.get(path)}  ${path}  ${describeSize(text)}`);
  }
}

/** Writes the whole build into a folder. */
async function build(folder: string): Promise<void> {
  await write(folder, await buildFiles());
  console.log(`\n${PACKAGE_NAME} ${manifest.version} is in ${join(folder, "npm")}: npm pack`);
}

function describeSize(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return `${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`;
}

function parseFolder(args: readonly string[]): string | undefined {
  if (args.length === 0) return join(ROOT, "dist");
  const [option, folder, ...more] = args;
  return option === "--out" && folder && more.length === 0 ? folder : undefined;
}

const isModulesOnly = Deno.args.includes("--modules");
const folder = parseFolder(Deno.args.filter((arg) => arg !== "--modules"));
if (folder === undefined) {
  console.error("Usage: deno task build [--modules] [--out FOLDER]");
  Deno.exit(2);
}
try {
  await (isModulesOnly
    ? write(folder, new Map(Object.entries(await buildModules(ROOT))))
    : build(folder));
} catch (error) {
  if (!(error instanceof CannotWriteBuild)) throw error;
  console.error(error.message);
  Deno.exit(1);
}
