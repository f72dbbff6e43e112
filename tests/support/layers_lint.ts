/**
 * A `deno lint` plugin that checks the direction of imports: `routes -> application -> domain <- adapters`.
 * Only `runtime/` and `main.ts` see all layers. `tests/` may import everything.
 */

import { basename, dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

type Layer = "domain" | "application" | "routes" | "adapters" | "runtime";

type Refuse = (node: Deno.lint.Node, message: string) => void;

type LayerRules = {
  /** Layers that it may import. */
  readonly sees: readonly string[];
  /** Packages that it may import; `undefined` means any. */
  readonly packages: readonly string[] | undefined;
  /** Global names that it may neither use nor shadow. */
  readonly ambient: ReadonlySet<string>;
  /** Whether it must be synchronous and deterministic. */
  readonly pure: boolean;
};

/** Global names that answer differently at each call, or reach outside the process. */
const IMPURE_GLOBALS: ReadonlySet<string> = new Set([
  "Deno",
  "process",
  "globalThis",
  "self",
  "fetch",
  "WebSocket",
  "EventSource",
  "XMLHttpRequest",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "Promise",
  "crypto",
  "performance",
  "Temporal",
  "localStorage",
  "sessionStorage",
]);

/** The rules of each layer. */
const LAYERS = {
  domain: {
    sees: ["domain"],
    packages: ["entities/decode", "htmlparser2", "libphonenumber-js/max", "zod/mini"],
    ambient: IMPURE_GLOBALS,
    pure: true,
  },
  application: {
    sees: ["domain", "application"],
    packages: [],
    ambient: new Set(["Deno", "Request", "Response", "Headers"]),
    pure: false,
  },
  routes: {
    sees: ["domain", "application", "routes"],
    packages: undefined,
    ambient: new Set(["Deno"]),
    pure: false,
  },
  adapters: {
    sees: ["domain", "adapters"],
    packages: undefined,
    ambient: new Set(["Deno"]),
    pure: false,
  },
  runtime: {
    sees: ["domain", "application", "routes", "adapters", "runtime", "deno.json"],
    packages: undefined,
    ambient: new Set<string>(),
    pure: false,
  },
} as const satisfies Record<Layer, LayerRules>;

/** Packages that no file may import, and the one to import instead. */
const REPLACED_PACKAGES: Readonly<Record<string, string>> = { zod: "zod/mini" };

/** The files that may stand at the root of `domain/`. */
const DOMAIN_ROOT_FILES: readonly string[] = ["result.ts", "ids.ts"];

/** Folders of `routes/` that every API may import. */
const SHARED_ROUTE_FOLDERS: readonly string[] = ["http", "pages"];

/** APIs of `routes/` that consist of several, with the folders of each; they share the files beside the folders. */
const NESTED_APIS: Readonly<Record<string, readonly string[]>> = {
  notify: ["v2", "v2016"],
  registry: ["inbox", "settings"],
};

/** Members of ambient objects that answer differently each time. */
const IMPURE_MEMBERS: ReadonlySet<string> = new Set(["Date.now", "Math.random"]);

/** Parents, named TS…, below which an identifier is nevertheless a value. */
const TS_VALUE_PARENTS: ReadonlySet<string> = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSTypeAssertion",
  "TSInstantiationExpression",
  "TSParameterProperty",
  "TSExportAssignment",
]);

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The first folder of a path below the root of the project. */
function folderOf(path: string): string {
  return relative(ROOT, path).split(sep)[0] ?? "";
}

function isLayer(folder: string): folder is Layer {
  return Object.hasOwn(LAYERS, folder);
}

/**
 * The APIs, outermost first, that a file of `routes/` belongs to: `["notify", "v2"]` for `routes/notify/v2/app.ts`.
 * Empty for a file at the root and for shared folders.
 */
function apisOf(path: string): readonly string[] {
  const [, api = "", nested = "", ...deeper] = relative(ROOT, path).split(sep);
  if (nested === "" || SHARED_ROUTE_FOLDERS.includes(api)) return [];
  return deeper.length > 0 && NESTED_APIS[api]?.includes(nested) === true ? [api, nested] : [api];
}

/** Why a file of `routes/` may not import another of `routes/`; `undefined` when it may. */
function refuseApiImport(path: string, target: string): string | undefined {
  // The file that mounts the APIs, and the one that mounts an API's parts, import each of them.
  const importer = apisOf(path);
  if (importer.length === 0 && dirname(path) === resolve(ROOT, "routes")) return undefined;
  const imported = apisOf(target);
  const foreign = imported.find((api, depth) =>
    importer[depth] !== api && !(depth > 0 && importer.length === depth)
  );
  return foreign === undefined
    ? undefined
    : `APIs do not import each other: ${relative(ROOT, target)} belongs to routes/${
      imported.join("/")
    }.`;
}

/** Why a file at `path` in `layer` may not import `source`; `undefined` when it may. */
function refuseImport(path: string, layer: Layer, source: string): string | undefined {
  const rules: LayerRules = LAYERS[layer];
  if (/^(?:\/|file:)/.test(source)) return `${layer}/ may import by relative paths only.`;
  if (source.startsWith(".")) {
    const target = resolve(dirname(path), source);
    const folder = folderOf(target);
    if (rules.sees.includes(folder)) {
      return layer === "routes" && folder === "routes" ? refuseApiImport(path, target) : undefined;
    }
    return isLayer(folder)
      ? `${layer}/ may not import ${folder}/.`
      : `${layer}/ may not import ${relative(ROOT, target)}.`;
  }
  const instead = REPLACED_PACKAGES[source];
  if (instead !== undefined) return `Import ${instead} instead of ${source}.`;
  return rules.packages === undefined || rules.packages.includes(source)
    ? undefined
    : `${layer}/ may import ${rules.packages.join(" and ") || "no package"} only, not ${source}.`;
}

/** The text of a literal import in a type, as in `import("./x.ts").X`. */
function sourceOfImportType({ argument }: Deno.lint.TSImportType): string | undefined {
  if (argument.type !== "TSLiteralType" || argument.literal.type !== "Literal") return undefined;
  return typeof argument.literal.value === "string" ? argument.literal.value : undefined;
}

/** Whether the identifier only labels a member, an import or a jump, and stands for no variable. */
function isLabel(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
      return parent.key === node && !parent.computed;
    case "ImportSpecifier":
      return parent.imported === node && parent.local !== node;
    case "ExportSpecifier":
      return parent.local !== node || isReexport(parent.parent);
    case "TSEnumMember":
      return parent.id === node;
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
      return true;
    default:
      return false;
  }
}

function isReexport(node: Deno.lint.Node): boolean {
  return node.type === "ExportNamedDeclaration" && node.source !== null;
}

/** Whether the identifier is part of a type. */
function isInType({ parent }: Deno.lint.Identifier): boolean {
  return parent.type.startsWith("TS") && !TS_VALUE_PARENTS.has(parent.type) &&
    parent.type !== "TSEnumMember";
}

/** Whether a type names the runtime's own namespace, as in `Deno.ServeHandler`. */
function isNamespaceOfType(node: Deno.lint.Identifier): boolean {
  return node.parent.type === "TSQualifiedName" && node.parent.left === node;
}

/** `Date.now` of `Date.now`, `Date?.now` and `Date["now"]`. */
function memberName({ object, property, computed }: Deno.lint.MemberExpression): string {
  const left = object.type === "Identifier" ? object.name : "";
  if (property.type === "Identifier" && !computed) return `${left}.${property.name}`;
  return property.type === "Literal" ? `${left}.${property.value}` : "";
}

/** Checks for a layer that must be synchronous and deterministic. */
function purityChecks(layer: Layer, refuse: Refuse): Deno.lint.LintVisitor {
  const refuseAsync = (node: Deno.lint.Node & { readonly async: boolean }) => {
    if (node.async) refuse(node, `${layer}/ is synchronous.`);
  };
  return {
    FunctionDeclaration: refuseAsync,
    FunctionExpression: refuseAsync,
    ArrowFunctionExpression: refuseAsync,
    AwaitExpression: (node) => refuse(node, `${layer}/ is synchronous.`),
    ForOfStatement(node) {
      if (node.await) refuse(node, `${layer}/ is synchronous.`);
    },
    ImportExpression: (node) => refuse(node, `${layer}/ is synchronous: import at the top.`),
    NewExpression(node) {
      if (isName(node.callee, "Date") && node.arguments.length === 0) {
        refuse(node, `${layer}/ has no clock: pass the time in.`);
      }
    },
    CallExpression(node) {
      if (isName(node.callee, "Date")) refuse(node, `${layer}/ has no clock: pass the time in.`);
    },
    MemberExpression(node) {
      const name = memberName(node);
      if (IMPURE_MEMBERS.has(name)) refuse(node, `${layer}/ may not use ${name}: pass it in.`);
    },
  };
}

function isName(node: Deno.lint.Node, name: string): boolean {
  return node.type === "Identifier" && node.name === name;
}

/** The plugin; its one rule is `layers/no-crossing`. */
const layersLint: Deno.lint.Plugin = {
  name: "layers",
  rules: {
    "no-crossing": {
      create(context) {
        const path = resolve(ROOT, context.filename);
        const layer = folderOf(path);
        if (!isLayer(layer)) return {};
        const rules: LayerRules = LAYERS[layer];
        const refuse: Refuse = (node, message) => context.report({ node, message });
        const isDomainRoot = layer === "domain" && dirname(path) === resolve(ROOT, "domain");
        const checkImport = (node: Deno.lint.Node, source: unknown) => {
          const reason = typeof source === "string" ? refuseImport(path, layer, source) : undefined;
          if (reason !== undefined) refuse(node, reason);
        };
        return {
          Program(node) {
            if (isDomainRoot && !DOMAIN_ROOT_FILES.includes(basename(path))) {
              refuse(node, `domain/ holds ${DOMAIN_ROOT_FILES.join(" and ")} and folders only.`);
            }
          },
          ImportExpression(node) {
            if (node.source.type === "Literal") checkImport(node, node.source.value);
          },
          ...(rules.pure ? purityChecks(layer, refuse) : {}),
          ImportDeclaration: (node) => checkImport(node, node.source.value),
          ExportAllDeclaration: (node) => checkImport(node, node.source.value),
          ExportNamedDeclaration: (node) => checkImport(node, node.source?.value),
          TSImportType: (node) => checkImport(node, sourceOfImportType(node)),
          Identifier(node) {
            if (!rules.ambient.has(node.name) || isLabel(node)) return;
            if (isInType(node) && !(node.name === "Deno" && isNamespaceOfType(node))) return;
            refuse(
              node,
              `${layer}/ may not use ${node.name}, nor hide it behind a name of its own.`,
            );
          },
        };
      },
    },
  },
};

export default layersLint;
