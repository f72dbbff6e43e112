/** The columns of a table whose rows differ in their ids only. */

/** Columns that end in `_id` and stay texts. */
const TEXT_IDS: ReadonlySet<string> = new Set([
  ...["master_key_id", "external_id", "message_id", "provider_message_id"],
]);

/** SQL for the new value of a column: an id, which was a UUID in text, becomes its 16 bytes. */
export function unpackId(column: string, value: string): string {
  const isId = /^(?:id|unless_read)$|_id$/.test(column) && !TEXT_IDS.has(column);
  return isId ? `unhex(${value}, '-')` : value;
}

/**
 * The names of columns, and SQL for their new values from a row `o` of the table before.
 *
 * @param columns with white space between them
 */
export function toColumns(columns: string): { readonly names: string; readonly values: string } {
  const names = columns.split(/\s+/);
  return {
    names: names.join(", "),
    values: names.map((name) => unpackId(name, `o.${name}`)).join(", "),
  };
}
