/** The columns of a table whose rows differ in their ids only. */

/** Columns that end in `_id` and stay texts. */
const TEXT_IDS: ReadonlySet<string> = new Set([
  ...["master_key_id", "external_id", "message_id", "provider_message_id"],
]);

/**
 * SQL for a column's value in the compact form: the 16 bytes of an id that was a UUID in text, or else the value
 * itself.
 *
 * @param value SQL of the value in the form before
 */
export function unpackId(column: string, value: string): string {
  const isId = /^(?:id|unless_read)$|_id$/.test(column) && !TEXT_IDS.has(column);
  return isId ? `unhex(${value}, '-')` : value;
}

/**
 * The names of columns with commas between them, and SQL for their values in the compact form, from a row `o` of the
 * table in the form before.
 *
 * @param columns their names, with white space between them
 */
export function toColumns(columns: string): { readonly names: string; readonly values: string } {
  const names = columns.split(/\s+/);
  return {
    names: names.join(", "),
    values: names.map((name) => unpackId(name, `o.${name}`)).join(", "),
  };
}
