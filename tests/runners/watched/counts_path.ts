/** Where the Worker of the runners answers with what it has counted. */
export const COUNTS_PATH = "/.counts";
