import { Refused, Unauthorised } from "./client.js";
import { Live } from "./live.js";
import { MessageList, PAGE_SIZE, toCount, toMessage, toMessages } from "./messages.js";
import { pause, retryDelayMs } from "./waiting.js";

/** How long the first list waits for the stream, so that nothing falls between the two. */
const STREAM_FIRST_MS = 1_000;

/** Counts that do not fit what is shown get so long to settle; the list is asked for because of them this seldom. */
const SETTLE_MS = 2_000;
const RECHECK_MS = 60_000;

/** How often marking as read is tried. */
const POST_TRIES = 3;

/** All that goes on for one citizen: the list, the stream beside it, and what is told to Hark. */
export class Session {
  list = new MessageList();
  /** "loading", "ready" or "failed". */
  state = "loading";
  /** The name of the text that says what went wrong last. */
  note;
  /** Whether events have not come for a while. */
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

  /** Wants events, or wants them now. */
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
    // Only what has an id is sent again; without one, what happened before is in the list.
    if (isFresh || this.state !== "ready") this.#load();
    this.follower.changed();
  }

  #failed(failures) {
    this.isLost = failures > 1;
    this.follower.changed();
    // Where no stream can be had, the list is at least asked for at each attempt.
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

  /** Asks for everything again, for the other filter or after a failure. */
  reload() {
    this.list.clear();
    this.note = undefined;
    this.isFetchingMore = false;
    this.state = "loading";
    this.#load({ replaces: true });
    this.follower.changed();
    this.#live.start();
  }

  #ask(query, signal) {
    const filter = this.list.unreadOnly ? "&unread=true" : "";
    return this.client.askJson(`?limit=${PAGE_SIZE}${query}${filter}`, { signal }).then(toMessages);
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
        this.#ask("", signal),
        // An open stream begins with the count.
        counts ? this.client.askJson("/count", { signal }) : undefined,
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

  /** Asks for the next page. @returns the messages added */
  async fetchMore() {
    const { cursor, unreadOnly } = this.list;
    if (this.isFetchingMore || this.#loading !== undefined || cursor === undefined) return [];
    this.isFetchingMore = true;
    this.note = undefined;
    this.follower.changed();
    let added = [];
    try {
      const page = await this.#ask(`&after=${encodeURIComponent(cursor)}`, this.#ended.signal);
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

  /** Marks one as read. */
  acknowledge(id) {
    return this.#acknowledge([id], 1, `/${encodeURIComponent(id)}/ack`);
  }

  /** Marks all as read; says whether that was done. */
  acknowledgeAll() {
    const ids = this.list.unread.map(({ id }) => id);
    return this.#acknowledge(ids, this.list.count?.unread ?? ids.length, "/ack-all");
  }

  /** Shows messages as read at once, and takes that back when Hark cannot be told. */
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
      // It may have been done all the same.
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
        // Not ended with the session: what was read was read.
        return await this.client.ask(path, { method: "POST" });
      } catch (error) {
        const isFinal = error instanceof Unauthorised ||
          (error instanceof Refused && !error.isPassing);
        if (isFinal || tries === POST_TRIES) throw error;
        await pause(Math.max(error.retryAfterMs ?? 0, retryDelayMs(tries)));
      }
    }
  }
}

/** What is no JSON is no event of ours. */
function parseData(data) {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
