/** The longest body of a template, in UTF-16 units. */
export const MAX_TEMPLATE_BODY = 2_000_000;
/** The longest subject of a template, in UTF-16 units. */
export const MAX_SUBJECT = 2_000;
