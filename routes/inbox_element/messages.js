/** Messages asked for at a time. */
export const PAGE_SIZE = 20;

export function toMessage(value) {
  if (typeof value !== "object" || value === null || typeof value.id !== "string") return undefined;
  return {
    id: value.id,
    subject: typeof value.subject === "string" ? value.subject : "",
    message: typeof value.message === "string" ? value.message : "",
    isAcknowledged: value.isAcknowledged === true,
    createdAt: typeof value.createdAt === "string" ? value.createdAt : "",
  };
}

export function toMessages(value) {
  if (!Array.isArray(value)) throw new TypeError("the list of messages is none");
  return value.map(toMessage).filter((message) => message !== undefined);
}

export function toCount(value) {
  const isCount = (number) => Number.isSafeInteger(number) && number >= 0;
  return isCount(value?.total) && isCount(value?.unread)
    ? { total: value.total, unread: value.unread }
    : undefined;
}

const idOf = ({ id }) => id;

/** What is known of one citizen's messages. No I/O: it is told, and answers what to show. */
export class MessageList {
  /** What is shown, newest first. */
  shown = [];
  /** Ids of those whose content is shown. */
  open = new Set();
  /** {total, unread} once it was told. */
  count;
  unreadOnly = false;
  /** Once read, always read, whatever an answer says that was on its way then. */
  #read = new Set();
  /** What came by itself while the list was being asked for, and may not be in it. */
  #arrived = new Set();
  #isLastPageFull = false;

  /** Shows nothing, until a page is merged. */
  clear() {
    this.shown = [];
    this.open.clear();
    this.#isLastPageFull = false;
  }

  /** The first page is asked for: what arrives from now on may be newer. */
  beginLoad() {
    this.#arrived.clear();
  }

  /** Takes a message that came by itself, each after those that came before it; says whether it is a new one to show. */
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
   * Takes the first page as it is now. What was paged to below it stays, unless `replaces`.
   *
   * @returns the messages of the page that are newer than what was shown
   */
  merge(page, replaces) {
    const held = this.shown;
    const heldIds = new Set(held.map(idOf));
    const pageIds = new Set(page.map(idOf));
    this.#applyRead(page);
    const arrived = held.filter(({ id }) => this.#arrived.has(id) && !pageIds.has(id));
    const isFull = page.length >= PAGE_SIZE;
    const end = isFull ? held.findIndex(({ id }) => id === page[page.length - 1].id) : -1;
    const older = replaces || end < 0
      ? []
      : held.slice(end + 1).filter(({ id }) => !pageIds.has(id) && !this.#arrived.has(id));
    if (older.length === 0) this.#isLastPageFull = isFull;
    this.shown = [...arrived, ...page, ...older];
    if (this.unreadOnly && !replaces) this.#keepOpen(held);
    const ids = new Set(this.shown.map(idOf));
    for (const id of this.open) if (!ids.has(id)) this.open.delete(id);
    const known = page.findIndex(({ id }) => heldIds.has(id));
    return page.slice(0, known < 0 ? page.length : known);
  }

  /** What is being read does not vanish from the unread ones for having been read. */
  #keepOpen(held) {
    for (let at = held.length - 1; at >= 0; at--) {
      const message = held[at];
      const ids = this.shown.map(idOf);
      if (!this.open.has(message.id) || ids.includes(message.id)) continue;
      // Before the nearest older one that stays.
      const older = held.slice(at + 1).find(({ id }) => ids.includes(id));
      this.shown.splice(older === undefined ? ids.length : ids.indexOf(older.id), 0, message);
    }
  }

  /** Takes the page after `cursor`; gives what is new, or `undefined` where the list no longer ends there. */
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

  /** The id after which the next page begins. */
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

  /** Whether what is shown can be what was counted; if not, something was missed. */
  get fitsCount() {
    if (this.count === undefined) return true;
    const unread = this.unread.length;
    const shown = this.shown.length;
    if (unread > this.count.unread || (!this.unreadOnly && shown > this.count.total)) return false;
    return this.#isLastPageFull ||
      (unread === this.count.unread && (this.unreadOnly || shown === this.count.total));
  }
}
