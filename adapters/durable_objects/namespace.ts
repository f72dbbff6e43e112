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

/** Whether a request to an object failed because its class takes no requests: it is another class. */
export function isOfOtherClass(error: unknown): boolean {
  return error instanceof Error && /does not export a fetch\(\) function/.test(error.message);
}
