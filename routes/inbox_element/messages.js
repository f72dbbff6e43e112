/** Number of messages that one request for the list returns at most. */
export const PAGE_SIZE = 20;

/** Maximum length of a preview, in characters. */
export const PREVIEW_LENGTH = 160;

/**
 * Reads a message of the API. `message` of the result is HTML in either format of the API's field. `text`,
 * `createdAtIso` and `language` are absent where the API gives none.
 */
export function toMessage(value) {
  if (typeof value !== "object" || value === null || typeof value.id !== "string") return undefined;
  const textOf = (field) => typeof value[field] === "string" ? value[field] : undefined;
  const optional = (field) => textOf(field) === undefined ? {} : { [field]: value[field] };
  return {
    id: value.id,
    subject: textOf("subject") ?? "",
    message: textOf("html") ?? textOf("message") ?? "",
    isAcknowledged: value.isAcknowledged === true,
    createdAt: textOf("createdAt") ?? "",
    ...optional("createdAtIso"),
    ...optional("text"),
    ...optional("language"),
  };
}

/**
 * When a message arrived; `undefined` where the API's time is not valid.
 *
 * @param {{createdAt: string, createdAtIso?: string}} message
 */
export function timeOf({ createdAt, createdAtIso }) {
  const time = new Date(createdAtIso ?? `${createdAt.replace(" ", "T")}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** The first words of a text, on one line. */
export function previewOf(text) {
  const characters = [...text.slice(0, 4 * PREVIEW_LENGTH).replace(/\s+/g, " ").trim()];
  if (characters.length <= PREVIEW_LENGTH) return characters.join("");
  return `${characters.slice(0, PREVIEW_LENGTH - 1).join("").trimEnd()}…`;
}

export function toMessages(value) {
  if (!Array.isArray(value)) throw new TypeError("the response is not a list of messages");
  return value.map(toMessage).filter((message) => message !== undefined);
}

export function toCount(value) {
  const isCount = (number) => Number.isSafeInteger(number) && number >= 0;
  return isCount(value?.total) && isCount(value?.unread)
    ? { total: value.total, unread: value.unread }
    : undefined;
}

const idOf = ({ id }) => id;

/** The state of one citizen's list of messages. No I/O: the caller passes in responses and events. */
export class MessageList {
  /** The shown messages, newest first. */
  shown = [];
  /** Ids of expanded messages. */
  open = new Set();
  /** {total, unread}; `undefined` until the server sends it. */
  count;
  unreadOnly = false;
  /** Ids marked as read here. They stay read even if a response that was already in flight says otherwise. */
  #read = new Set();
  /** Ids of messages pushed while the list was loading; the response may lack them. */
  #arrived = new Set();
  #isLastPageFull = false;

  /** Empties the list until a page is merged. */
  clear() {
    this.shown = [];
    this.open.clear();
    this.#isLastPageFull = false;
  }

  /** Call when the first page is requested: messages pushed from now on may be newer than the response. */
  beginLoad() {
    this.#arrived.clear();
  }

  /** Adds a pushed message; call in order of arrival. @returns whether the message is new and shown */
  arrive(message) {
    if (this.shown.some(({ id }) => id === message.id)) {
      if (message.isAcknowledged) this.mark([message.id], true);
      return false;
    }
    if (this.unreadOnly && message.isAcknowledged) return false;
    this.shown.unshift(message);
    this.#arrived.add(message.id);
    return true;
  }

  mark(ids, isAcknowledged) {
    const marked = new Set(ids);
    for (const id of marked) {
      if (isAcknowledged) this.#read.add(id);
      else this.#read.delete(id);
    }
    for (const message of this.shown) {
      if (marked.has(message.id)) message.isAcknowledged = isAcknowledged;
    }
  }

  /**
   * Merges the current first page. Older messages from further pages are kept, unless `replaces`.
   *
   * @returns the messages of the page that are newer than those shown before
   */
  merge(page, replaces) {
    const previous = this.shown;
    const previousIds = new Set(previous.map(idOf));
    const pageIds = new Set(page.map(idOf));
    this.#applyRead(page);
    const arrived = previous.filter(({ id }) => this.#arrived.has(id) && !pageIds.has(id));
    const isFull = page.length >= PAGE_SIZE;
    const end = isFull ? previous.findIndex(({ id }) => id === page[page.length - 1].id) : -1;
    const older = replaces || end < 0
      ? []
      : previous.slice(end + 1).filter(({ id }) => !pageIds.has(id) && !this.#arrived.has(id));
    if (older.length === 0) this.#isLastPageFull = isFull;
    this.shown = [...arrived, ...page, ...older];
    if (this.unreadOnly && !replaces) this.#keepOpen(previous);
    const ids = new Set(this.shown.map(idOf));
    for (const id of this.open) if (!ids.has(id)) this.open.delete(id);
    const known = page.findIndex(({ id }) => previousIds.has(id));
    return page.slice(0, known < 0 ? page.length : known);
  }

  /** Keeps expanded messages in the list of unread ones although they are now read. */
  #keepOpen(previous) {
    for (let at = previous.length - 1; at >= 0; at--) {
      const message = previous[at];
      const ids = this.shown.map(idOf);
      if (!this.open.has(message.id) || ids.includes(message.id)) continue;
      // Insert before the nearest older message that is kept.
      const older = previous.slice(at + 1).find(({ id }) => ids.includes(id));
      this.shown.splice(older === undefined ? ids.length : ids.indexOf(older.id), 0, message);
    }
  }

  /**
   * Appends the page after `cursor`. @returns the added messages; `undefined` where the list no longer ends at `cursor`
   */
  append(page, cursor) {
    if (this.cursor !== cursor) return undefined;
    const ids = new Set(this.shown.map(idOf));
    const added = page.filter(({ id }) => !ids.has(id));
    this.#applyRead(added);
    this.shown = [...this.shown, ...added];
    this.#isLastPageFull = page.length >= PAGE_SIZE && added.length > 0;
    return added;
  }

  #applyRead(messages) {
    for (const message of messages) if (this.#read.has(message.id)) message.isAcknowledged = true;
  }

  /** The id of the last shown message; the next page follows it. */
  get cursor() {
    return this.shown[this.shown.length - 1]?.id;
  }

  get hasMore() {
    const { total } = this.count ?? {};
    return this.#isLastPageFull &&
      (this.unreadOnly || total === undefined || this.shown.length < total);
  }

  get unread() {
    return this.shown.filter((message) => !message.isAcknowledged);
  }

  get hasUnread() {
    return (this.count?.unread ?? 0) > 0 || this.unread.length > 0;
  }

  /** Whether the shown messages are consistent with the count; if not, an event was missed. */
  get fitsCount() {
    if (this.count === undefined) return true;
    const unread = this.unread.length;
    const shown = this.shown.length;
    if (unread > this.count.unread || (!this.unreadOnly && shown > this.count.total)) return false;
    return this.#isLastPageFull ||
      (unread === this.count.unread && (this.unreadOnly || shown === this.count.total));
  }
}
