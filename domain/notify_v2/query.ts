/** Turns queries into the objects that GOV.UK Notify validates. */

/** A query as an object; in a list query a repeatable or unknown key holds all its values. */
export type QueryObject = Readonly<Record<string, string | readonly string[]>>;

const FIRST_ONLY: ReadonlySet<string> = new Set(["reference", "include_jobs", "older_than"]);

/**
 * The query of `GET /v2/notifications`: `status` and `template_type` may be repeated; of every other key the first value
 * is used.
 */
export function parseListQuery(params: URLSearchParams): QueryObject {
  return toObject(params, (name) => !FIRST_ONLY.has(name));
}

/** Any other query: the first value of every key is used. */
export function parseFlatQuery(params: URLSearchParams): QueryObject {
  return toObject(params, () => false);
}

function toObject(params: URLSearchParams, isRepeatable: (name: string) => boolean): QueryObject {
  const names = [...new Set(params.keys())];
  // `fromEntries` makes even `__proto__` a key of its own.
  return Object.fromEntries(names.map((name) => {
    const values = params.getAll(name);
    return [name, isRepeatable(name) ? values : values[0] ?? ""];
  }));
}
