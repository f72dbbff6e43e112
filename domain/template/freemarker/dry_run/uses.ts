/**
 * Finds the kinds that an expression demands of the message's values: no value of a message is a text in one place and a
 * list in another.
 */
import type { Kind } from "../built_in.ts";
import { kindsTakenBy } from "../built_ins.ts";
import { neededParts } from "../check/needed_parts.ts";
import { type Needed, TEXT_KINDS, WORDS } from "../check/needs.ts";
import type { Expression } from "../expression.ts";
import { kindOf, KINDS } from "../kinds.ts";
import { type Scope, spend } from "../scope.ts";

/** What a use of a value finds in a message: a value of a kind, or no value. */
export type UseKind = Kind | "missing";

/** What is demanded of the value at a path, such as `person.name`. */
interface Use {
  /** The name of the variable that the path begins with. */
  readonly root: string;
  readonly path: string;
  readonly kinds: readonly UseKind[];
}

/** What noting one use costs, in the unit of `MAX_WORK`. */
const USE_WORK = 50;

type Of<Name extends Expression["kind"]> = Extract<Expression, { readonly kind: Name }>;

/** The path of a variable or of a field; `undefined` for other expressions. */
function pathOf(expression: Expression): Pick<Use, "root" | "path"> | undefined {
  if (expression.kind === "variable") return { root: expression.name, path: expression.name };
  if (expression.kind !== "field") return undefined;
  const of = pathOf(expression.of);
  return of && { root: of.root, path: `${of.path}.${expression.name}` };
}

/** The kinds of which `value` in `value + other` is one, by the kind of the other. */
function addendKinds(other: Kind | undefined, booleansHaveText: boolean): readonly UseKind[] {
  const texts = booleansHaveText ? [...TEXT_KINDS, "boolean" as const] : TEXT_KINDS;
  switch (other) {
    case undefined:
      return KINDS;
    case "list":
    case "hash":
      return [other];
    default:
      return texts;
  }
}

/** The kinds that a built-in takes. */
function builtInKinds(
  { name, parameters }: Of<"built-in">,
  booleansHaveText: boolean,
): readonly UseKind[] {
  if (name === "then" || (name === "string" && parameters.length === 2)) return ["boolean"];
  if (name === "string" && parameters.length === 1) return ["number", "date"];
  return kindsTakenBy(name, booleansHaveText) ?? KINDS;
}

/** Collects the uses of the message's values in one expression. */
function collect(
  expression: Expression,
  kinds: readonly UseKind[],
  booleansHaveText: boolean,
  uses: Use[],
): void {
  const use = (part: Expression, allowed: readonly UseKind[] = KINDS) =>
    collect(part, allowed, booleansHaveText, uses);
  const path = pathOf(expression);
  if (path !== undefined) uses.push({ ...path, kinds });
  switch (expression.kind) {
    case "field":
      return use(expression.of, ["hash"]);
    case "item":
    case "key":
      use(expression.of, ["string", "list", "hash"]);
      return neededParts(expression).slice(1).forEach((part) => use(part));
    case "default": {
      // A value that is missing is as good there.
      const of = pathOf(expression.of);
      if (of !== undefined) uses.push({ ...of, kinds: [...kinds, "missing"] });
      return;
    }
    case "built-in": {
      const [of, ...parameters] = neededParts(expression);
      if (of !== undefined) use(of, builtInKinds(expression, booleansHaveText));
      return parameters.forEach((part) => part.kind !== "lambda" && use(part));
    }
    case "compare": {
      const { left, right } = expression;
      const [first, second] = [kindOf(left), kindOf(right)];
      use(left, second && [second]);
      return use(right, first && [first]);
    }
    case "not":
    case "and":
    case "or":
      return neededParts(expression).forEach((part) => use(part, ["boolean"]));
    case "sign":
      return use(expression.of, ["number"]);
    case "arithmetic": {
      const { first, rest } = expression;
      const [only] = rest;
      if (rest.length === 1 && only?.by === "+") {
        use(first, addendKinds(kindOf(only.of), booleansHaveText));
        return use(only.of, addendKinds(kindOf(first), booleansHaveText));
      }
      const areNumbers = rest.every(({ by }) => by !== "+");
      return neededParts(expression).forEach((part) => use(part, areNumbers ? ["number"] : KINDS));
    }
    case "text":
      return expression.parts.forEach((part) => use(part, addendKinds("string", booleansHaveText)));
    case "range":
      return neededParts(expression).forEach((part) => use(part, ["number"]));
    case "escaped": {
      const { of, name, by } = expression;
      const inner: Use[] = [];
      collect(by, kinds, booleansHaveText, inner);
      for (const one of inner) {
        if (one.root !== name) uses.push(one);
        else if (one.path === name && !one.kinds.includes("missing")) use(of, one.kinds);
      }
      return;
    }
    default:
      return neededParts(expression).forEach((part) => use(part));
  }
}

function neededKinds(needed: Needed, booleansHaveText: boolean): readonly UseKind[] {
  switch (needed) {
    case "value":
      return KINDS;
    case "condition":
      return ["boolean"];
    case "list":
      return ["list"];
    case "keys":
      return ["hash"];
    case "output":
      return addendKinds("string", booleansHaveText);
  }
}

/** What a value is called that is used as one of these kinds. */
function wordsOf(kinds: readonly UseKind[]): string {
  const [only] = kinds;
  if (only === undefined || only === "missing") return "a value";
  return kinds.includes("string") ? WORDS.string : WORDS[only];
}

/** Whether a name stands for a value of the message here, and not for a variable or item of the template. */
function isFromMessage(name: string, { env, items, locals }: Scope): boolean {
  return !items.has(name) && locals?.has(name) !== true && !env.variables.has(name) &&
    !env.globals.has(name);
}

/**
 * Notes the kinds that an expression demands of the message's values, at a place that every message comes to.
 *
 * @param used the kinds that all uses before allow, by the path of the value; the uses of the expression are added
 * @returns why no value can be used both here and before; `undefined` where one can
 */
export function noteUses(
  expression: Expression,
  needed: Needed,
  scope: Scope,
  used: Map<string, readonly UseKind[]>,
): string | undefined {
  const booleansHaveText = scope.env.settings.booleans !== undefined;
  const uses: Use[] = [];
  collect(expression, neededKinds(needed, booleansHaveText), booleansHaveText, uses);
  spend(scope.env, uses.length * USE_WORK);
  for (const { root, path, kinds } of uses) {
    if (!isFromMessage(root, scope)) continue;
    const before = used.get(path) ?? kinds;
    const both = kinds.filter((kind) => before.includes(kind));
    if (both.length === 0) {
      const name = path.slice(0, 40);
      return `${name} is ${wordsOf(before)} before, and ${wordsOf(kinds)} here: no value is both`;
    }
    used.set(path, both);
  }
  return undefined;
}
