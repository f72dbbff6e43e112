/** The build on a version of Deno, with the permissions that its launcher gives. */
import { fileURLToPath } from "node:url";
import { buildModules, nativeFiles } from "../../tools/build/modules.ts";
import { leastPermissions } from "../support/tested_program.ts";
import type { HostedServer, StartOptions } from "./hosted.ts";
import { startProgram } from "./start_server.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Starts builds. Disposing deletes them. */
export interface BuildStarter extends AsyncDisposable {
  start(options: StartOptions): Promise<HostedServer>;
}

/**
 * Creates the starter. It makes one build for each import map: an import map applies when the build is made, not when the
 * build is started.
 *
 * @param deno the path of the Deno that runs the builds
 */
export async function createBuildStarter(deno: string): Promise<BuildStarter> {
  const folder = await Deno.makeTempDir({ prefix: "hark-build-" });
  const builds = new Map<string, Promise<URL>>();

  async function build(importMap: string, name: string): Promise<URL> {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path);
    const files = { ...await buildModules(ROOT, importMap), ...await nativeFiles(ROOT) };
    for (const [file, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${path}/${file}`, text);
    }
    return new URL(`file://${path}/hark.js`);
  }

  return {
    async start(options) {
      const { importMap } = options;
      const built = builds.get(importMap) ?? build(importMap, String(builds.size));
      builds.set(importMap, built);
      const entry = await built;
      return await startProgram(options, {
        deno,
        entry,
        permissions: (folder, environment) =>
          leastPermissions({ folder, args: ["start"], environment, entry: entry.pathname }),
      });
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
