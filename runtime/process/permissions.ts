/** The permissions that Hark's process needs, by its configuration. */
import { DEVELOPMENT_FOLDER } from "../development/folder.ts";

/** The commands that serve. */
export type ServingCommand = "start" | "dev";

/** What {@link permissionsOf} depends on. */
export interface PermissionOptions {
  readonly command: ServingCommand;
  /** The environment. An empty variable counts as unset. */
  readonly variables: Readonly<Record<string, string>>;
  /** The folder of the program. */
  readonly root: string;
  /** The path of the file that locks the database file; `undefined` without a database file. */
  readonly lockFile: string | undefined;
}

/**
 * Returns the arguments of `deno run` that allow what the configuration needs, such as `--allow-write=…`. libSQL's
 * native addon needs `ffi`, and `sys` to find out which build fits; it is loaded for a database file only. Nothing
 * needs `run`.
 */
export function permissionsOf(
  { command, variables, root, lockFile }: PermissionOptions,
): readonly string[] {
  const { DATABASE_URL: url = "", FILES_DIR: filesDir = "" } = variables;
  const file = url === "" && command === "dev"
    ? `${DEVELOPMENT_FOLDER}/hark.db`
    : databaseFile(url);
  const files = filesDir === "" ? [] : [filesDir];
  const written = [
    ...(command === "dev" ? [DEVELOPMENT_FOLDER] : []),
    ...(lockFile === undefined ? [] : [lockFile]),
    ...files,
  ];
  const list = (paths: readonly string[]) =>
    paths.map((path) => path.replaceAll(",", ",,")).join(",");
  return [
    "--allow-net",
    "--allow-env",
    ...(file === undefined
      ? [`--allow-read=${list([root, ...files])}`]
      : ["--allow-sys", "--allow-ffi", "--allow-read"]),
    ...(written.length === 0 ? [] : [`--allow-write=${list(written)}`]),
  ];
}

/** The path of the database file that a `file:` URL names; `undefined` for a remote database. */
export function databaseFile(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  const path = url.slice("file:".length).replace(/[?#].*$/, "");
  // `file:///path` and `file://localhost/path` are the same as `file:/path`.
  return decodeURIComponent(path.replace(/^\/\/(?:localhost)?(?=\/)/, ""));
}
