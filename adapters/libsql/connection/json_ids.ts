/** SQL that reads ids from JSON arguments. */

/**
 * SQL for the 16 bytes of an id that is a field of a JSON object, with or without hyphens; `NULL` for a text that is
 * no UUID.
 *
 * @param object SQL of the object, such as `r.value`
 * @param field the field's name; not escaped
 */
export function jsonId(object: string, field: string): string {
  return `unhex(${object}->>'${field}', '-')`;
}
