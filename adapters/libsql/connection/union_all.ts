/** The most `SELECT`s that one compound `SELECT` of a Durable Object may have; SQLite's own default is 500. */
const MAX_TERMS = 5;

/**
 * SQL: the rows of all of the queries, which have the same columns. SQLite flattens the nested queries: the plan is that
 * of one long `UNION ALL`, and with an `ORDER BY` after it the queries are merged in their order.
 *
 * @param queries SQL of `SELECT`s with a `FROM`, without `ORDER BY` and `LIMIT` of their own; at least one
 */
export function unionAll(queries: readonly string[]): string {
  if (queries.length <= MAX_TERMS) return queries.join("\nUNION ALL ");
  const size = MAX_TERMS ** Math.ceil(Math.log(queries.length) / Math.log(MAX_TERMS) - 1);
  const groups = Array.from(
    { length: Math.ceil(queries.length / size) },
    (_, at) => queries.slice(at * size, (at + 1) * size),
  );
  return unionAll(groups.map((group) => {
    const [query = ""] = group;
    return group.length === 1 ? query : `SELECT * FROM (${unionAll(group)})`;
  }));
}
