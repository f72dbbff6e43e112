import { Refused, Unauthorised } from "./client.js";
import { Live } from "./live.js";
import { MessageList, PAGE_SIZE, toCount, toMessage, toMessages } from "./messages.js";
import { pause, retryDelayMs } from "./waiting.js";

/** Maximum time that the first list request waits for the stream, so that no message is missed between the two. */
const STREAM_FIRST_MS = 1_000;

/**
 * Delay before a count that differs from the shown messages causes a reload, and the minimum time between such reloads.
 */
const SETTLE_MS = 2_000;
const RECHECK_MS = 60_000;

/** Maximum attempts to mark messages as read. */
const MAX_POST_ATTEMPTS = 3;

/** One citizen's session: loads the list of messages, follows the event stream, and marks messages as read. */
export class Session {
  list = new MessageList();
  /** "loading", "ready" or "failed". */
  state = "loading";
  /** Key of the text about the last error. */
  note;
  /** Whether the stream has failed repeatedly. */
  isLost = false;
  isFetchingMore = false;

  #ended = new AbortController();
  #live;
  #loading;
  #posting = 0;
  #allReadMeanwhile = false;
  #checkTimer;
  #checkedAt = -Infinity;

  /**
   * @param {import("./client.js").Client} client
   * @param {{changed: () => void, counted: (count: object) => void, arrived: (messages: object[]) => void,
   *   unauthorised: () => void}} follower
   */
  constructor(client, follower) {
    this.client = client;
    this.follower = follower;
    this.#live = new Live(client, {
      opened: (isFresh) => this.#opened(isFresh),
      failed: (failures) => this.#failed(failures),
      take: (event) => this.#take(event),
      unauthorised: () => this.#refused(),
    });
  }

  async begin() {
    await pause(STREAM_FIRST_MS, this.#ended.signal);
    if (this.#isEnded || this.state !== "loading" || this.#loading !== undefined) return;
    this.#load();
  }

  end() {
    this.#ended.abort();
    this.#live.stop();
    clearTimeout(this.#checkTimer);
  }

  get #isEnded() {
    return this.#ended.signal.aborted;
  }

  /** Opens the event stream, or retries it immediately. */
  listen() {
    if (!this.#isEnded) this.#live.start();
  }

  stopListening() {
    this.#live.stop();
  }

  #refused() {
    if (this.#isEnded) return;
    this.end();
    this.follower.unauthorised();
  }

  // The stream.

  #opened(isFresh) {
    this.isLost = false;
    // The server replays events only after an event id; without one, the list has the earlier changes.
    if (isFresh || this.state !== "ready") this.#load();
    this.follower.changed();
  }

  #failed(failures) {
    this.isLost = failures > 1;
    this.follower.changed();
    // Where the stream is unavailable, reload the list at each attempt instead.
    if ((failures > 1 || this.state !== "ready") && this.#loading === undefined) this.#load();
  }

  #take({ type, data }) {
    const value = parseData(data);
    if (type === "message") this.#arrive(toMessage(value));
    if (type === "ack" && typeof value?.id === "string") this.list.mark([value.id], true);
    if (type === "ack-all") {
      this.#allReadMeanwhile = true;
      this.list.mark(this.list.shown.map(({ id }) => id), true);
    }
    if (type === "count") this.#setCount(toCount(value));
    if (type === "reset") this.#load({ replaces: true });
    this.follower.changed();
  }

  #arrive(message) {
    if (message !== undefined && this.list.arrive(message)) this.follower.arrived([message]);
  }

  // The list.

  /** Reloads the list, after a change of the filter or a failure. */
  reload() {
    this.list.clear();
    this.note = undefined;
    this.isFetchingMore = false;
    this.state = "loading";
    this.#load({ replaces: true });
    this.follower.changed();
    this.#live.start();
  }

  #requestPage(query, signal) {
    const filter = this.list.unreadOnly ? "&unread=true" : "";
    return this.client.requestJson(`?limit=${PAGE_SIZE}${query}${filter}`, { signal }).then(
      toMessages,
    );
  }

  async #load({ replaces: isToReplace = false, counts = !this.#live.isOpen } = {}) {
    const replaces = isToReplace || this.#loading?.replaces === true;
    this.#loading?.control.abort();
    const control = new AbortController();
    this.#loading = { control, replaces };
    this.#allReadMeanwhile = false;
    this.list.beginLoad();
    const signal = AbortSignal.any([this.#ended.signal, control.signal]);
    try {
      const [page, count] = await Promise.all([
        this.#requestPage("", signal),
        // An open stream sends the count first.
        counts ? this.client.requestJson("/count", { signal }) : undefined,
      ]);
      if (signal.aborted) return;
      this.#loading = undefined;
      if (this.#allReadMeanwhile) return this.#load({ replaces });
      const wasReady = this.state === "ready";
      const newer = this.list.merge(page, replaces);
      if (wasReady && !replaces) this.follower.arrived(newer);
      this.state = "ready";
      this.#setCount(toCount(count));
      this.#checkSoon();
    } catch (error) {
      if (signal.aborted) return;
      this.#loading = undefined;
      if (error instanceof Unauthorised) return this.#refused();
      if (this.state !== "ready") this.state = "failed";
    }
    this.follower.changed();
  }

  /** Loads the next page. @returns the messages added */
  async fetchMore() {
    const { cursor, unreadOnly } = this.list;
    if (this.isFetchingMore || this.#loading !== undefined || cursor === undefined) return [];
    this.isFetchingMore = true;
    this.note = undefined;
    this.follower.changed();
    let added = [];
    try {
      const page = await this.#requestPage(
        `&after=${encodeURIComponent(cursor)}`,
        this.#ended.signal,
      );
      if (this.list.unreadOnly === unreadOnly) added = this.list.append(page, cursor) ?? [];
    } catch (error) {
      if (this.#isEnded) return [];
      if (error instanceof Unauthorised) {
        this.#refused();
        return [];
      }
      this.note = "moreFailed";
    }
    this.isFetchingMore = false;
    this.follower.changed();
    return added;
  }

  #setCount(count) {
    if (count === undefined) return;
    const before = this.list.count;
    this.list.count = count;
    this.#checkSoon();
    if (count.total !== before?.total || count.unread !== before?.unread) {
      this.follower.changed();
      this.follower.counted(count);
    }
  }

  #checkSoon() {
    clearTimeout(this.#checkTimer);
    this.#checkTimer = setTimeout(() => {
      const isBusy = this.#loading !== undefined || this.isFetchingMore || this.#posting > 0;
      if (this.state !== "ready" || isBusy || this.list.fitsCount) return;
      if (performance.now() - this.#checkedAt < RECHECK_MS) return;
      this.#checkedAt = performance.now();
      this.#load();
    }, SETTLE_MS);
  }

  // Reading.

  /** Marks a message as read. */
  acknowledge(id) {
    return this.#acknowledge([id], 1, `/${encodeURIComponent(id)}/ack`);
  }

  /** Marks all messages as read. @returns whether the server did it */
  acknowledgeAll() {
    const ids = this.list.unread.map(({ id }) => id);
    return this.#acknowledge(ids, this.list.count?.unread ?? ids.length, "/ack-all");
  }

  /** Shows messages as read immediately, and reverts that where the request fails. */
  async #acknowledge(ids, unread, path) {
    this.#posting++;
    this.note = undefined;
    this.#show(ids, true, -unread);
    try {
      await this.#post(path);
      return !this.#isEnded;
    } catch (error) {
      if (this.#isEnded) return false;
      if (error instanceof Unauthorised) {
        this.#refused();
        return false;
      }
      this.note = "ackFailed";
      this.#show(ids, false, unread);
      // The server may have processed the request although it failed.
      this.#load({ counts: true });
      return false;
    } finally {
      this.#posting--;
    }
  }

  #show(ids, isAcknowledged, unreadMore) {
    this.list.mark(ids, isAcknowledged);
    const { count } = this.list;
    if (count !== undefined) {
      const unread = Math.min(count.total, Math.max(0, count.unread + unreadMore));
      this.#setCount({ ...count, unread });
    }
    this.follower.changed();
  }

  async #post(path) {
    for (let tries = 1;; tries++) {
      try {
        // Not aborted with the session: the message was read.
        return await this.client.request(path, { method: "POST" });
      } catch (error) {
        const isFinal = error instanceof Unauthorised ||
          (error instanceof Refused && !error.isRetryable);
        if (isFinal || tries === MAX_POST_ATTEMPTS) throw error;
        await pause(Math.max(error.retryAfterMs ?? 0, retryDelayMs(tries)));
      }
    }
  }
}

/** Parses an event's data; `undefined` where it is not valid JSON. */
function parseData(data) {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
