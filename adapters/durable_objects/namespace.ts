/** The part of a Durable Object binding that is used (developers.cloudflare.com/durable-objects/api/namespace). */
export interface ObjectNamespace {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(request: Request): Promise<Response> };
}

/** Whether a binding of a Worker's environment has the methods of a Durable Object namespace that are used. */
export function isObjectNamespace(value: unknown): value is ObjectNamespace {
  return typeof value === "object" && value !== null &&
    ["idFromName", "get"].every((name) =>
      name in value && typeof Reflect.get(value, name) === "function"
    );
}

/** What the log has for a failed call of an object: `other-class` when the binding leads to objects of another class. */
export function nameCallError(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return /does not export a fetch\(\) function/.test(error.message) ? "other-class" : error.name;
}
