/** The import maps that replace modules of the product in the servers of the runners. */
import project from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

/** A module of the product, and the module of this folder that replaces it and may import it. */
const REPORTING_SANDBOX = [
  "adapters/providers/sandbox/sandbox.ts",
  "reporting_sandbox.ts",
] as const;
const FROZEN_TIME = ["adapters/libsql/connection/database_time.ts", "frozen_time.ts"] as const;

/** The two maps, as files. Disposing deletes them. */
export interface ImportMaps extends AsyncDisposable {
  /** The path of the map with the sandbox that reports its messages to the host. */
  readonly plain: string;
  /** The path of the same map with a time that stands still with the database's clock. */
  readonly frozen: string;
}

/** Writes the maps, with the project's imports. */
export async function writeImportMaps(): Promise<ImportMaps> {
  const folder = await Deno.makeTempDir({ prefix: "hark-imports-" });
  async function write(name: string, pairs: readonly (readonly [string, string])[]) {
    const places = pairs.map(([product, other]) =>
      [new URL(product, ROOT).href, new URL(other, import.meta.url).href] as const
    );
    const map = {
      imports: { ...project.imports, ...Object.fromEntries(places) },
      scopes: Object.fromEntries(places.map(([product, other]) => [other, { [product]: product }])),
    };
    await Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(map));
    return `${folder}/${name}`;
  }
  return {
    plain: await write("plain.json", [REPORTING_SANDBOX]),
    frozen: await write("frozen.json", [REPORTING_SANDBOX, FROZEN_TIME]),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
