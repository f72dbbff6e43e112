/** Which modules `start` loads before it listens. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);

/** Loaded in this order, the second by a dynamic import of the first, and so on. */
const ENTRIES = ["main.ts", "runtime/commands/start.ts", "runtime/commands/serve_production.ts"];

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier?: string };
    }[];
  }[];
}

/** The modules and packages that the entries reach by static imports of values. */
async function staticModules(): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const entry of ENTRIES) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", fileURLToPath(new URL(entry, ROOT))],
      stderr: "null",
    }).output();
    const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
    const byName = new Map(graph.modules.map((module) => [module.specifier, module]));
    const waiting = [new URL(entry, ROOT).href];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      for (const { code, isDynamic } of byName.get(name)?.dependencies ?? []) {
        if (isDynamic !== true && code?.specifier !== undefined) waiting.push(code.specifier);
      }
    }
  }
  return found;
}

Deno.test("start: loads no module before it listens that only some deployments or requests use", async () => {
  const modules = [...await staticModules()].map((name) => name.replace(ROOT.href, ""));
  assert.ok(modules.includes("runtime/serve.ts"));
  assert.ok(modules.some((name) => /^npm:\/?hono/.test(name)));
  const later = [
    /^npm:\/?postmark@/,
    /^npm:\/?@libsql\/client@/,
    /^npm:\/?standardwebhooks@/,
    /^adapters\/spreadsheets\/read_sheet/,
    /^adapters\/providers\/smtp\/(?:smtp\.ts|codes|nodemailer)/,
    /^adapters\/providers\/(?:diia|postmark|twilio|vonage)\/(?!definition|private_key)/,
    /^adapters\/libsql\/schema\/(?:migrations|compact_copy|copy\/)/,
    /^adapters\/libsql\/inbox\//,
    /^routes\/(?:dev|files|inbox_element|unsubscribe)\//,
    /^application\/jobs\/upload\.ts/,
    /^npm:\/?otpauth@/,
    /^runtime\/accounts\.ts/,
    /^application\/accounts\/(?:accounts|sign_in|second_factor)\.ts/,
    /^adapters\/libsql\/accounts\/(?:sessions|sign_ins|teams|users)\.ts/,
    /^routes\/manage\/app/,
    /^routes\/registry\/(?:inbox|settings)\/app/,
    /^runtime\/development\/(?!folder)/,
    /^runtime\/commands\/(?:dev|migrate)/,
    /^runtime\/worker/,
  ];
  assert.deepEqual(modules.filter((name) => later.some((pattern) => pattern.test(name))), []);
});
