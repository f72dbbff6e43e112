/** Turns queries into the objects that GOV.UK Notify validates. */

/** A query string as an object. A key that may be repeated has an array of all its values, also when it occurs once. */
export type QueryObject = Readonly<Record<string, string | readonly string[]>>;

const FIRST_ONLY: ReadonlySet<string> = new Set([
  "reference",
  "process_instance",
  "include_jobs",
  "older_than",
]);

/**
 * Converts the query of `GET /v2/notifications`. `reference`, `process_instance`, `include_jobs` and `older_than` get
 * their first value; every other key, such as `status` and `template_type`, gets an array of all its values.
 */
export function parseListQuery(params: URLSearchParams): QueryObject {
  return toObject(params, (name) => !FIRST_ONLY.has(name));
}

/** Converts any other query: every key gets its first value. */
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
