/** Limits of folders of templates, and of what is done with several templates at once. */

/** The most folders that a service may have; all are listed on one page. */
export const MAX_TEMPLATE_FOLDERS = 100;

/** The most templates that one request may move or archive. */
export const MAX_CHOSEN_TEMPLATES = 100;

/** How many templates a search reads: the newest ones of the service. */
export const MAX_SEARCHED_TEMPLATES = 5_000;

/** How many characters of a template's body a search reads, from its beginning. */
export const MAX_SEARCHED_BODY = 20_000;

/** The longest text that is searched for, in UTF-16 units. */
export const MAX_SEARCH = 200;
