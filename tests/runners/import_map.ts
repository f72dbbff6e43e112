/** The import map by which servers of the runners take another module in place of one of the product. */
import project from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);
const SANDBOX = new URL("adapters/providers/sandbox/sandbox.ts", ROOT).href;
const REPORTING = new URL("reporting_sandbox.ts", import.meta.url).href;

/** Writes the map: the project's imports, and the sandbox that reports. @returns its path, for the caller to delete */
export async function writeImportMap(): Promise<string> {
  const path = await Deno.makeTempFile({ prefix: "hark-imports-", suffix: ".json" });
  const map = {
    imports: { ...project.imports, [SANDBOX]: REPORTING },
    scopes: { [REPORTING]: { [SANDBOX]: SANDBOX } },
  };
  await Deno.writeTextFile(path, JSON.stringify(map));
  return path;
}
