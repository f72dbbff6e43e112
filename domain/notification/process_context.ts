/** What a sender's program was doing when it sent a message, as the registries platform tells it in `context`. */

/** The fields of a context that are kept, in the platform's names. Others are ignored. */
const CONTEXT_FIELDS = [
  "system",
  "application",
  "businessProcess",
  "businessProcessDefinitionId",
  "businessProcessInstanceId",
  "businessActivity",
  "businessActivityInstanceId",
] as const;

/** A field of a {@link ProcessContext}, in the name that the registries platform uses. */
export type ContextField = typeof CONTEXT_FIELDS[number];

/**
 * What the sender's program was doing: the names and ids of its system, business process and activity, as far as it
 * gave them. No field is an empty text.
 */
export type ProcessContext = Readonly<Partial<Record<ContextField, string>>>;

/**
 * The longest context, in UTF-16 units of all its fields together. A copy is stored with each notification of a
 * message.
 */
export const MAX_CONTEXT_LENGTH = 2_000;

/**
 * Returns the context of a message without the fields that are absent, `null` or empty.
 *
 * @returns `undefined` when no field is left
 */
export function toProcessContext(
  fields: Readonly<Partial<Record<ContextField, string | null | undefined>>> | null | undefined,
): ProcessContext | undefined {
  const given = CONTEXT_FIELDS.flatMap((name) => {
    const value = fields?.[name];
    return typeof value === "string" && value !== "" ? [[name, value] as const] : [];
  });
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
