/** Names the value that an expression reads, for the report of missing values. */
import type { Expression } from "./expression.ts";
import type { Scope } from "./scope.ts";

/**
 * The path in the personalisation of the value that an expression reads, such as `person.name` or `names[0]`;
 * `undefined` for an expression that reads none.
 */
export function pathOf(expression: Expression, scope: Scope): string | undefined {
  switch (expression.kind) {
    case "literal":
    case "special":
    case "list":
    case "hash":
      return undefined;
    case "variable":
      if (scope.escaped?.name === expression.name) {
        return pathOf(scope.escaped.of, scope.escaped.scope);
      }
      return scope.items.get(expression.name)?.path ?? expression.name;
    case "position":
      return scope.items.get(expression.item)?.path;
    case "field": {
      const of = pathOf(expression.of, scope);
      return of === undefined ? undefined : `${of}.${expression.name}`;
    }
    case "item": {
      const of = pathOf(expression.of, scope);
      return of === undefined ? undefined : `${of}[${expression.index}]`;
    }
    case "default":
    case "exists":
    case "built-in":
    case "call":
    case "not":
    case "sign":
    case "escaped":
      return pathOf(expression.of, scope);
    case "key":
      return pathOf(expression.of, scope) ?? pathOf(expression.key, scope);
    case "lambda":
      return pathOf(expression.body, scope);
    case "and":
    case "or":
      return undefined;
    case "text":
      return firstPath(expression.parts, scope);
    case "range":
      return firstPath([expression.from, ...(expression.to ? [expression.to] : [])], scope);
    case "compare":
      return firstPath([expression.left, expression.right], scope);
    case "arithmetic":
      return firstPath([expression.first, ...expression.rest.map(({ of }) => of)], scope);
  }
}

function firstPath(expressions: readonly Expression[], scope: Scope): string | undefined {
  for (const expression of expressions) {
    const path = pathOf(expression, scope);
    if (path !== undefined) return path;
  }
  return undefined;
}
