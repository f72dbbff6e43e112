/** SQL that reads ids from JSON arguments. */

/** The bytes of an id that is the field of a JSON object, such as `r.value`. `NULL` for a text that is no UUID. */
export function jsonId(object: string, field: string): string {
  return `unhex(${object}->>'${field}', '-')`;
}
