import { Refused, Unauthorised } from "./client.js";
import { createStreamParser } from "./event_stream.js";
import { pause, retryDelayMs } from "./waiting.js";

/** A stream without data for this long is treated as dead; the server sends a heartbeat every 15 s. */
const SILENCE_MS = 45_000;

/** How often a socket asks the server for a heartbeat. */
const PING_MS = 30_000;

/** How long no socket is tried after one that could not be opened: a proxy may not let it pass. */
const SOCKET_RETRY_MS = 600_000;

/**
 * How often a socket is tried that has worked before: a server that starts again refuses some of the sockets that all
 * clients open at once, and streams cost it more.
 */
const SOCKET_TRIES = 4;

/** The codes from here on are Hark's: such a socket was open, and trying it again is of no use. */
const FIRST_OWN_CODE = 4000;

/** The server closes a socket with this code when it refuses the token, and when the token has ended. */
const TOKEN_REFUSED = 4401;

/** The server could not read the inbox. */
const TRY_AGAIN = 1013;

/** A stream that lasted this long resets the count of failures. */
const STEADY_MS = 10_000;

/**
 * Keeps the event stream open between `start` and `stop`, and reconnects after failures. Where the server offers a
 * WebSocket with the same events it follows that instead.
 */
export class Live {
  /** Whether the stream or socket is open. */
  isOpen = false;
  #running;
  #wake = () => {};
  /** Id of the last event; the next stream resumes after it. */
  #lastEventId = "";
  #retryMs = 0;
  /** Path of the socket that the server offers; empty where the stream is read. */
  #socketPath = "";
  #noSocketUntil = 0;
  /** How often the socket may still fail before the stream is read; 1 until it has worked. */
  #socketTries = 1;
  /** The token that the server refused for a socket. */
  #refusedToken;

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
      const path = this.#socketPath;
      try {
        await this.#read(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Unauthorised) return this.follower.unauthorised();
        if (error instanceof Refused) retryAfterMs = error.retryAfterMs;
      }
      if (signal.aborted) return;
      // From the stream to the socket, or back.
      if (path !== this.#socketPath) continue;
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

  /** Reads the stream or the socket until it ends, or no data comes. */
  async #read(signal) {
    const silent = new AbortController();
    let timer;
    const restartTimer = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENCE_MS);
    };
    restartTimer();
    const ended = AbortSignal.any([signal, silent.signal]);
    try {
      if (this.#socketPath === "") await this.#readStream(ended, restartTimer);
      else await this.#readSocket(ended, restartTimer, signal);
    } finally {
      clearTimeout(timer);
      // Ends the request on every exit.
      silent.abort();
    }
  }

  async #readStream(signal, restartTimer) {
    const isFresh = this.#lastEventId === "";
    const response = await this.client.request("/stream", {
      headers: {
        "Accept": "text/event-stream",
        ...(isFresh ? {} : { "Last-Event-ID": this.#lastEventId }),
      },
      signal,
      timeoutMs: 0,
    });
    if (!/^text\/event-stream\b/i.test(response.headers.get("Content-Type") ?? "")) {
      throw new TypeError("the response is not an event stream");
    }
    if (signal.aborted) return;
    this.#opened(isFresh);
    const parse = createStreamParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    while (this.#socketPath === "") {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      restartTimer();
      for (const event of parse(value)) this.#take(event);
    }
  }

  /** Reads the socket, which sends the text of a stream that resumes after the last event. */
  async #readSocket(signal, restartTimer, stopped) {
    const token = await this.client.token(this.#refusedToken);
    if (signal.aborted) return;
    const isFresh = this.#lastEventId === "";
    const parse = createStreamParser();
    let hasData = false;
    let pings;
    const code = await new Promise((resolve) => {
      const socket = this.client.openSocket(this.#socketPath);
      signal.addEventListener("abort", () => {
        socket.onmessage = null;
        socket.close();
        resolve(0);
      });
      socket.onopen = () => {
        const language = this.client.options.language();
        socket.send(JSON.stringify({ token, language, lastEventId: this.#lastEventId }));
        pings = setInterval(() => socket.send("ping"), PING_MS);
      };
      socket.onmessage = ({ data }) => {
        restartTimer();
        if (!this.isOpen) this.#opened(isFresh);
        hasData = true;
        this.#socketTries = SOCKET_TRIES;
        this.#refusedToken = undefined;
        for (const event of parse(data)) this.#take(event);
      };
      socket.onclose = (event) => resolve(event.code);
    }).catch(() => 0);
    clearInterval(pings);
    if (code === TOKEN_REFUSED) {
      if (!hasData && this.#refusedToken !== undefined) throw new Unauthorised();
      this.#refusedToken = token;
    } else if (!hasData && code !== TRY_AGAIN && !stopped.aborted) {
      this.#socketTries = code < FIRST_OWN_CODE ? this.#socketTries - 1 : 0;
      if (this.#socketTries > 0) return;
      this.#socketTries = 1;
      this.isOpen = false;
      this.#socketPath = "";
      this.#noSocketUntil = performance.now() + SOCKET_RETRY_MS;
    }
  }

  #opened(isFresh) {
    this.isOpen = true;
    this.follower.opened(isFresh);
  }

  #take(event) {
    if (event.type === "socket") this.#offer(event.data);
    else if (event.type !== "") this.follower.take(event);
    // After the event was processed: if that fails, the server replays the event.
    if (event.id !== undefined) this.#lastEventId = event.id;
    if (event.retryMs !== undefined) this.#retryMs = event.retryMs;
  }

  /** Takes a socket that the server offers, unless a gateway adds the token, or sockets fail here. */
  #offer(data) {
    const [, path = ""] = /^\{"path":"(\/[\w/]+)"\}$/.exec(data) ?? [];
    if (this.client.options.needsToken() && performance.now() >= this.#noSocketUntil) {
      this.#socketPath = path;
    }
  }
}
