/** The import maps by which servers of the runners take other modules in place of the product's. */
import project from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

/** What stands in for a module of the product, which it may import itself. */
const REPORTING_SANDBOX = [
  "adapters/providers/sandbox/sandbox.ts",
  "reporting_sandbox.ts",
] as const;
const FROZEN_TIME = ["adapters/libsql/connection/database_time.ts", "frozen_time.ts"] as const;

/** The paths of the two maps. Disposing deletes them. */
export interface ImportMaps extends AsyncDisposable {
  /** The sandbox tells the host what it got. */
  readonly plain: string;
  /** The time stands still with the database's clock, too. */
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
