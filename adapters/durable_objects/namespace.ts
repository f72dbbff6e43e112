import { errorName } from "../../domain/text/error_name.ts";
import { hasMethods } from "../has_methods.ts";

/** The part of a Durable Object binding that is used (developers.cloudflare.com/durable-objects/api/namespace). */
export interface ObjectNamespace {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(request: Request): Promise<Response> };
}

/** Whether a binding of a Worker's environment has the methods of a Durable Object namespace that are used. */
export function isObjectNamespace(value: unknown): value is ObjectNamespace {
  return hasMethods(value, ["idFromName", "get"]);
}

/** What the log has for a failed call of an object: `other-class` when the binding leads to objects of another class. */
export function nameCallError(error: unknown): string {
  const isOther = error instanceof Error &&
    /does not export a fetch\(\) function/.test(error.message);
  return isOther ? "other-class" : errorName(error);
}
