/** The licences of the packages that are in the build. */
import * as z from "zod/mini";

const Info = z.object({
  npmPackages: z.record(
    z.string(),
    z.object({ name: z.string(), version: z.string(), localPath: z.string() }),
  ),
});
const Manifest = z.object({ license: z.string() });

const LICENCE_FILE = /^(?:licen[cs]e|copying)(?:[.-].*)?$/i;

/**
 * Returns the licences of the npm packages that a module imports, itself or through others, in the order of the packages'
 * names.
 *
 * @param entry the module's path in `root`
 * @param without packages that are not a part of the build
 */
export async function collectLicences(
  root: string,
  entry: string,
  without: (name: string) => boolean,
): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: root,
    stdin: "null",
    stderr: "null",
  }).output();
  const { npmPackages } = Info.parse(JSON.parse(new TextDecoder().decode(stdout)));
  const packages = Object.values(npmPackages).filter(({ name }) => !without(name));
  const parts = new Map<string, string>();
  for (const { name, version, localPath } of packages) {
    parts.set(`${name} ${version}`, await licenceOf(localPath));
  }
  return [...parts].toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([title, text]) => `## ${title}\n\n${text.trim()}\n`).join("\n");
}

async function licenceOf(folder: string): Promise<string> {
  const texts: string[] = [];
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  for (const name of names.filter((name) => LICENCE_FILE.test(name)).toSorted()) {
    texts.push(await Deno.readTextFile(`${folder}/${name}`));
  }
  if (texts.length > 0) return texts.join("\n").replaceAll("\r\n", "\n");
  const manifest = Manifest.parse(JSON.parse(await Deno.readTextFile(`${folder}/package.json`)));
  return manifest.license;
}
