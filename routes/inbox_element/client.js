/** How long an answer may take. */
const PATIENCE_MS = 15_000;

/** The longest wait that an answer may ask for. */
const MOST_RETRY_AFTER_MS = 60_000;

const PATH = "/api/notifications/inbox";

/** The token was refused. */
export class Unauthorised extends Error {}

/** Any other answer that is none. */
export class Refused extends Error {
  constructor(answer) {
    super(`Hark answered ${answer.status}`);
    this.status = answer.status;
    const seconds = Number(answer.headers.get("Retry-After") ?? "");
    this.retryAfterMs = seconds > 0 ? Math.min(seconds * 1000, MOST_RETRY_AFTER_MS) : 0;
  }

  get isPassing() {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** Speaks to Hark for one citizen. */
export class Client {
  #asked;

  /** @param {{base: string, language: () => string, provide: () => string | Promise<string>, canRenew: () => boolean}} ways */
  constructor(ways) {
    this.ways = ways;
  }

  /** Asks; a refused token once more with another. @throws {Unauthorised | Refused | TypeError | DOMException} */
  async ask(path, options = {}) {
    const token = await this.#tokenAfter(undefined);
    let answer = await this.#send(path, options, token);
    if (answer.status === 401 && this.ways.canRenew()) {
      answer = await this.#send(path, options, await this.#tokenAfter(token));
    }
    if (answer.status === 401) throw new Unauthorised();
    if (!answer.ok) throw new Refused(answer);
    return answer;
  }

  async askJson(path, options) {
    return await (await this.ask(path, options)).json();
  }

  /** The token in use, or, after that was refused, a new one: of several refused together one asks and the rest share. */
  async #tokenAfter(refused) {
    const held = this.#asked;
    if (held !== undefined && (refused === undefined || await held !== refused)) return held;
    if (this.#asked === held) {
      const asked = (async () => String(await this.ways.provide() ?? ""))();
      this.#asked = asked;
      asked.catch(() => {
        if (this.#asked === asked) this.#asked = undefined;
      });
    }
    return this.#asked;
  }

  #send(path, { method = "GET", headers = {}, signal, patienceMs = PATIENCE_MS }, token) {
    const signals = [signal, patienceMs === 0 ? undefined : AbortSignal.timeout(patienceMs)];
    return fetch(this.ways.base + PATH + path, {
      method,
      headers: {
        "Accept": "application/json",
        "Accept-Language": this.ways.language(),
        ...(token === "" ? {} : { "X-Access-Token": token }),
        ...headers,
      },
      cache: "no-store",
      // A token follows no redirection to somebody else.
      redirect: "error",
      // Marking as read outlives the page that did it.
      keepalive: method === "POST",
      signal: AbortSignal.any(signals.filter((one) => one !== undefined)),
    });
  }
}
