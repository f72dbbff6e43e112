import assert from "node:assert/strict";
import { type ImportEdge, readImports, readModules } from "../support/import_graph.ts";
import { readSourceFiles, type SourceFile } from "../support/source_files.ts";

/**
 * Exported functions and classes that only tests import, with the reason why they are exported. A key is `path name`, or a
 * path or folder for all exports in it.
 */
const ONLY_TESTED: Readonly<Record<string, string>> = {
  "adapters/providers/": "tests compare requests and responses with the provider's documents",
  "domain/csv/": "the vectors compare these steps with GOV.UK Notify's functions",
  "domain/delivery/decide_delivery.ts endOfQuiet": "a table of hours and time zones",
  "domain/delivery/outcomes.ts": "tests compare the rules with their form in SQL",
  "domain/files/plan_files.ts": "tables of encodings and file names",
  "domain/notification/status.ts mayMove": "a property over all pairs of statuses",
  "domain/notify_v2/status_filter.ts expandStatuses":
    "the vectors compare it with GOV.UK Notify's function",
  "domain/template/advice.ts adviseOn": "tables of advice, which need no steps",
  "domain/template/email/email.ts": "the vectors compare each part of an e-mail by itself",
  "domain/template/sanitise_content.ts": "the vectors compare it with GOV.UK Notify's function",
  "routes/http/body.ts bodyBudget": "tests use the budget up without sending 256 MB",
  "routes/http/large_json.ts stringifyInSteps": "tests compare it with JSON.stringify",
  "domain/template/sms/gsm7.ts": "the vectors compare it with GOV.UK Notify's function",
  "runtime/listener/descriptor_limit.ts parseDescriptorLimit": "a text that few systems have",
  "runtime/process/ancestors.ts": "tables of processes that a test cannot start",
  "runtime/process/last_resort.ts isConnectionError": "a table of errors",
  "runtime/start_listener.ts canBoundConnections": "a table of versions of Deno",
};

/** Exports that the runtime uses by their place. */
const ENTRY_POINTS: ReadonlySet<string> = new Set([
  "main.ts default",
  "runtime/worker_entry.ts default",
  "runtime/worker_entry.ts InboxListeners",
]);

interface Export {
  readonly path: string;
  readonly name: string;
  readonly kind: "constant" | "function" | "type";
}

const EXPORTED =
  /^export (?:async )?(function\*?|abstract class|class|const|let|interface|type|enum) ([\w$]+)|^export (default)\b/gm;

function readExports(modules: readonly SourceFile[]): readonly Export[] {
  return modules.flatMap(({ path, text }) =>
    [...text.matchAll(EXPORTED)].map(([, keyword = "", name, byDefault]) => ({
      path,
      name: name ?? byDefault ?? "",
      kind: /^(?:interface|type)$/.test(keyword)
        ? "type"
        : keyword === "const" && /^[A-Z0-9_]+$/.test(name ?? "")
        ? "constant"
        : "function",
    }))
  );
}

function withoutImport(
  exports: readonly Export[],
  imports: readonly ImportEdge[],
): readonly Export[] {
  const imported = new Set(
    imports.flatMap(({ to, names }) => names.map((name) => `${to} ${name}`)),
  );
  return exports.filter(({ path, name }) =>
    !imported.has(`${path} ${name}`) && !imported.has(`${path} *`)
  );
}

/** Whether the file itself uses the type: what an exported signature names is exported, so that callers can name it. */
function isNamedInFile({ path, name }: Export, texts: ReadonlyMap<string, string>): boolean {
  const uses = texts.get(path)?.match(new RegExp(`(?<![\\w$])${name}(?![\\w$])`, "g")) ?? [];
  return uses.length > 1;
}

function isListed({ path, name }: Export, keys: readonly string[]): boolean {
  return keys.some((key) =>
    key === `${path} ${name}` || key === path || (key.endsWith("/") && path.startsWith(key))
  );
}

const toKey = ({ path, name }: Export) => `${path} ${name}`;

const modules = readModules();
const texts = new Map(modules.map(({ path, text }) => [path, text]));
const exports = readExports(modules);
const importsOfModules = readImports(modules);
const importsOfAll = readImports(readSourceFiles([".ts", ".tsx", ".js"]));

Deno.test("the modules of the project: export nothing that no file imports", () => {
  assert.ok(exports.length > 500);
  const unused = withoutImport(exports, importsOfAll)
    .filter((item) => !(item.kind === "type" && isNamedInFile(item, texts)))
    .map(toKey)
    .filter((key) => !ENTRY_POINTS.has(key));
  assert.ok(unused.length === 0, `${unused.length} unused exports\n${unused.join("\n")}`);
});

// Limits and tables are exempt: a test that names a limit stays right when its value changes.
Deno.test("the modules of the project: export no function for tests alone without a reason", () => {
  const unused = new Set(withoutImport(exports, importsOfAll));
  const onlyTested = withoutImport(exports, importsOfModules)
    .filter((item) => item.kind === "function" && !unused.has(item))
    .filter((item) => !isListed(item, Object.keys(ONLY_TESTED)))
    .map(toKey);
  assert.ok(
    onlyTested.length === 0,
    `${onlyTested.length} exports that only tests import\n${onlyTested.join("\n")}`,
  );
});

Deno.test("ONLY_TESTED: lists no export that a module imports, or that is gone", () => {
  const onlyTested = withoutImport(exports, importsOfModules);
  const stale = Object.keys(ONLY_TESTED)
    .filter((key) => !onlyTested.some((item) => isListed(item, [key])));
  assert.deepEqual(stale, []);
});

Deno.test("readExports: finds functions, constants, classes and types", () => {
  const text = [
    "export function a() {}",
    "export async function b() {}",
    "export const C_1 = 1;",
    "export class D {}",
    "export type E = 1;",
    "export interface F {}",
    "export default {};",
    "function g() {}",
  ].join("\n");
  assert.deepEqual(
    readExports([{ path: "x.ts", text }]).map(({ name, kind }) => `${name} ${kind}`),
    [
      "a function",
      "b function",
      "C_1 constant",
      "D function",
      "E type",
      "F type",
      "default function",
    ],
  );
});

Deno.test("withoutImport: keeps the exports that no import names", () => {
  const exports = readExports([{ path: "x.ts", text: "export const a = 1;\nexport const b = 2;" }]);
  const unused = (names: readonly string[]) =>
    withoutImport(exports, [{ from: "y.ts", to: "x.ts", names }]).map(({ name }) => name);
  assert.deepEqual(unused([]), ["a", "b"]);
  assert.deepEqual(unused(["a"]), ["b"]);
  assert.deepEqual(unused(["*"]), []);
});
