import { Refused, Unauthorised } from "./client.js";
import { createStreamParser } from "./event_stream.js";
import { pause, retryDelayMs } from "./waiting.js";

/** A stream that says nothing for so long is dead; its heartbeats come each 15 s. */
const SILENCE_MS = 45_000;

/** A stream that lasted so long was a good one. */
const STEADY_MS = 10_000;

/** Holds the stream of events open, for as long as it is wanted. */
export class Live {
  /** Whether events come. */
  isOpen = false;
  #running;
  #wake = () => {};
  /** What came last; the next stream goes on from there. */
  #lastEventId = "";
  #retryMs = 0;

  /**
   * @param {import("./client.js").Client} client
   * @param {{opened: (isFresh: boolean) => void, failed: (failures: number) => void, take: (event: object) => void,
   *   unauthorised: () => void}} follower `isFresh` where nothing that was missed will be sent again
   */
  constructor(client, follower) {
    this.client = client;
    this.follower = follower;
  }

  /** Opens a stream, or tries at once where it waits to try again. */
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
      const begunAt = performance.now();
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
      failures = performance.now() - begunAt > STEADY_MS ? 1 : failures + 1;
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
    const hear = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENCE_MS);
    };
    hear();
    try {
      const isFresh = this.#lastEventId === "";
      const answer = await this.client.ask("/stream", {
        headers: {
          "Accept": "text/event-stream",
          ...(isFresh ? {} : { "Last-Event-ID": this.#lastEventId }),
        },
        signal: AbortSignal.any([signal, silent.signal]),
        timeoutMs: 0,
      });
      if (!/^text\/event-stream\b/i.test(answer.headers.get("Content-Type") ?? "")) {
        throw new TypeError("the stream is none");
      }
      if (signal.aborted) return;
      this.isOpen = true;
      this.follower.opened(isFresh);
      const parse = createStreamParser();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || signal.aborted) return;
        hear();
        for (const event of parse(value)) this.#take(event);
      }
    } finally {
      clearTimeout(timer);
      // Ends the request, whatever it was left for.
      silent.abort();
    }
  }

  #take(event) {
    if (event.type !== "") this.follower.take(event);
    // After it was taken: one that could not be is sent again.
    if (event.id !== undefined) this.#lastEventId = event.id;
    if (event.retryMs !== undefined) this.#retryMs = event.retryMs;
  }
}
