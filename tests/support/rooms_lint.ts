/**
 * A `deno lint` plugin that keeps the rooms apart: `routes -> domain <- adapters`; `wiring/` sees all three, and only
 * `main.ts` and `development.ts` know the runtime. `tests/` may look into every room.
 */

import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

type Room = "domain" | "routes" | "adapters" | "wiring";

type Refuse = (node: Deno.lint.Node, message: string) => void;

type RoomRules = {
  /** Rooms, and files beside them, that it may import. */
  readonly sees: readonly string[];
  /** Packages it may import; `undefined` is any. */
  readonly packages: readonly string[] | undefined;
  /** Names of the runtime that its code may neither use nor hide behind one of its own. */
  readonly ambient: ReadonlySet<string>;
  /** Whether it may be asynchronous, read the clock and roll dice. */
  readonly pure: boolean;
};

/** What each room may do. */
const ROOMS = {
  domain: {
    sees: ["domain"],
    packages: ["entities/decode", "htmlparser2", "libphonenumber-js/max", "zod"],
    ambient: new Set([
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
    ]),
    pure: true,
  },
  routes: {
    sees: ["domain", "routes"],
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
  wiring: {
    sees: ["domain", "routes", "adapters", "wiring", "config.ts", "environment.ts"],
    packages: [],
    ambient: new Set(["Deno"]),
    pure: false,
  },
} as const satisfies Record<Room, RoomRules>;

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

/** The first folder of a path below the root of the project, whatever it is. */
function folderOf(path: string): string {
  return relative(ROOT, path).split(sep)[0] ?? "";
}

function isRoom(folder: string): folder is Room {
  return Object.hasOwn(ROOMS, folder);
}

/** Why a file at `path` in `room` may not import `source`; `undefined` when it may. */
function refuseImport(path: string, room: Room, source: string): string | undefined {
  const rules: RoomRules = ROOMS[room];
  if (/^(?:\/|file:)/.test(source)) return `${room}/ may import by relative paths only.`;
  if (source.startsWith(".")) {
    const target = resolve(dirname(path), source);
    const folder = folderOf(target);
    if (rules.sees.includes(folder)) return undefined;
    return isRoom(folder)
      ? `${room}/ may not import ${folder}/.`
      : `${room}/ may not import ${relative(ROOT, target)}.`;
  }
  return rules.packages === undefined || rules.packages.includes(source)
    ? undefined
    : `${room}/ may import ${rules.packages.join(" and ") || "no package"} only, not ${source}.`;
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

/** Checks for a room that must be the same at every run. */
function purityChecks(room: Room, refuse: Refuse): Deno.lint.LintVisitor {
  const refuseAsync = (node: Deno.lint.Node & { readonly async: boolean }) => {
    if (node.async) refuse(node, `${room}/ is synchronous.`);
  };
  return {
    FunctionDeclaration: refuseAsync,
    FunctionExpression: refuseAsync,
    ArrowFunctionExpression: refuseAsync,
    AwaitExpression: (node) => refuse(node, `${room}/ is synchronous.`),
    ForOfStatement(node) {
      if (node.await) refuse(node, `${room}/ is synchronous.`);
    },
    ImportExpression: (node) => refuse(node, `${room}/ is synchronous: import at the top.`),
    NewExpression(node) {
      if (isName(node.callee, "Date") && node.arguments.length === 0) {
        refuse(node, `${room}/ has no clock: pass the time in.`);
      }
    },
    CallExpression(node) {
      if (isName(node.callee, "Date")) refuse(node, `${room}/ has no clock: pass the time in.`);
    },
    MemberExpression(node) {
      const name = memberName(node);
      if (IMPURE_MEMBERS.has(name)) refuse(node, `${room}/ may not use ${name}: pass it in.`);
    },
  };
}

function isName(node: Deno.lint.Node, name: string): boolean {
  return node.type === "Identifier" && node.name === name;
}

/** The plugin; its one rule is `rooms/no-crossing`. */
const roomsLint: Deno.lint.Plugin = {
  name: "rooms",
  rules: {
    "no-crossing": {
      create(context) {
        const path = resolve(ROOT, context.filename);
        const room = folderOf(path);
        if (!isRoom(room)) return {};
        const rules: RoomRules = ROOMS[room];
        const refuse: Refuse = (node, message) => context.report({ node, message });
        const checkImport = (node: Deno.lint.Node, source: unknown) => {
          const reason = typeof source === "string" ? refuseImport(path, room, source) : undefined;
          if (reason !== undefined) refuse(node, reason);
        };
        return {
          ImportExpression(node) {
            if (node.source.type === "Literal") checkImport(node, node.source.value);
          },
          ...(rules.pure ? purityChecks(room, refuse) : {}),
          ImportDeclaration: (node) => checkImport(node, node.source.value),
          ExportAllDeclaration: (node) => checkImport(node, node.source.value),
          ExportNamedDeclaration: (node) => checkImport(node, node.source?.value),
          TSImportType: (node) => checkImport(node, sourceOfImportType(node)),
          Identifier(node) {
            if (!rules.ambient.has(node.name) || isLabel(node)) return;
            if (isInType(node) && !(node.name === "Deno" && isNamespaceOfType(node))) return;
            refuse(
              node,
              `${room}/ may not use ${node.name}, nor hide it behind a name of its own.`,
            );
          },
        };
      },
    },
  },
};

export default roomsLint;
