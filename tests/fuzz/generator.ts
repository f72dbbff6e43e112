import type { Choices } from "./choices.ts";
import type { FuzzRequest } from "./request.ts";
import type { ResourceKind, Target } from "./target.ts";

/** Makes valid requests to one route of a target. */
export interface RouteGenerator<T = Target> {
  readonly method: string;
  /** The route as Hono or OpenAPI writes it, such as `/v2/template/:id`. */
  readonly path: string;
  /** The kind of resource whose id a 201 of this route gives. */
  readonly creates?: ResourceKind;
  /** Whether every request is refused: the process of a run cannot serve the route. */
  readonly isRefused?: true;
  make(choices: Choices, target: T): FuzzRequest | Promise<FuzzRequest>;
}

/** Picks an id that an earlier answer gave, or the fallback. */
export function pickId(
  { ids }: Target,
  kind: ResourceKind,
  choices: Choices,
  fallback: string = crypto.randomUUID(),
): string {
  const known = ids[kind];
  return known.length === 0 ? fallback : choices.pick(known);
}
