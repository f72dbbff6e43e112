import { Refused, Unauthorised } from "./client.js";
import { createStreamParser } from "./event_stream.js";
import { pause, retryDelayMs } from "./waiting.js";

/** A stream without data for this long is treated as dead; the server sends a heartbeat every 15 s. */
const SILENCE_MS = 45_000;

/** A stream that lasted this long resets the count of failures. */
const STEADY_MS = 10_000;

/** Keeps the event stream open between `start` and `stop`, and reconnects after failures. */
export class Live {
  /** Whether the stream is open. */
  isOpen = false;
  #running;
  #wake = () => {};
  /** Id of the last event; the next stream resumes after it. */
  #lastEventId = "";
  #retryMs = 0;

  /**
   * @param {import("./client.js").Client} client
   * @param {{opened: (isFresh: boolean) => void, failed: (failures: number) => void, take: (event: object) => void,
   *   unauthorised: () => void}} follower `isFresh`: the stream does not resume an earlier one, so missed events are not replayed
   */
  constructor(client, follower) {
    this.client = client;
    this.follower = follower;
  }

  /** Opens the stream; while waiting for a retry, retries immediately. */
  start() {
    if (this.#running === undefined) this.#run();
    else this.#wake();
  }

  stop() {
    this.#running?.abort();
    this.#running = undefined;
    this.isOpen = false;
  }

  async #run() {
    const running = new AbortController();
    this.#running = running;
    const { signal } = running;
    for (let failures = 0;;) {
      const startedAt = performance.now();
      let retryAfterMs = 0;
      try {
        await this.#read(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Unauthorised) return this.follower.unauthorised();
        if (error instanceof Refused) retryAfterMs = error.retryAfterMs;
      }
      if (signal.aborted) return;
      this.isOpen = false;
      failures = performance.now() - startedAt > STEADY_MS ? 1 : failures + 1;
      this.follower.failed(failures);
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      const ms = Math.max(retryAfterMs, retryDelayMs(failures, this.#retryMs));
      await pause(ms, AbortSignal.any([signal, woken.signal]));
      this.#wake = () => {};
      if (signal.aborted) return;
    }
  }

  async #read(signal) {
    const silent = new AbortController();
    let timer;
    const restartTimer = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENCE_MS);
    };
    restartTimer();
    try {
      const isFresh = this.#lastEventId === "";
      const response = await this.client.request("/stream", {
        headers: {
          "Accept": "text/event-stream",
          ...(isFresh ? {} : { "Last-Event-ID": this.#lastEventId }),
        },
        signal: AbortSignal.any([signal, silent.signal]),
        timeoutMs: 0,
      });
      if (!/^text\/event-stream\b/i.test(response.headers.get("Content-Type") ?? "")) {
        throw new TypeError("the response is not an event stream");
      }
      if (signal.aborted) return;
      this.isOpen = true;
      this.follower.opened(isFresh);
      const parse = createStreamParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || signal.aborted) return;
        restartTimer();
        for (const event of parse(value)) this.#take(event);
      }
    } finally {
      clearTimeout(timer);
      // Ends the request on every exit.
      silent.abort();
    }
  }

  #take(event) {
    if (event.type !== "") this.follower.take(event);
    // After the event was processed: if that fails, the server replays the event.
    if (event.id !== undefined) this.#lastEventId = event.id;
    if (event.retryMs !== undefined) this.#retryMs = event.retryMs;
  }
}
