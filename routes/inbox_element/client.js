/** Timeout of a request. */
const REQUEST_TIMEOUT_MS = 15_000;

/** Maximum wait that a `Retry-After` header can request. */
const MAX_RETRY_AFTER_MS = 60_000;

const PATH = "/api/notifications/inbox";

/**
 * Thrown when there is no token, or when the server refuses the token (401) and the token provider has no other or the
 * server refuses that too.
 */
export class Unauthorised extends Error {}

/** Thrown for any other response with an error status. `retryAfterMs` is 0 when the response names no wait. */
export class Refused extends Error {
  constructor(response) {
    super(`Hark answered ${response.status}`);
    this.status = response.status;
    const seconds = Number(response.headers.get("Retry-After") ?? "");
    this.retryAfterMs = seconds > 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : 0;
  }

  /** Whether the request can be retried. */
  get isRetryable() {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** HTTP client for one citizen's inbox. */
export class Client {
  /** A promise of the token in use. */
  #token;

  /**
   * @param {{base: string, language: () => string, provide: () => string | Promise<string>, canRenew: () => boolean,
   *   needsToken: () => boolean}} options `needsToken`: no request is sent without a token
   */
  constructor(options) {
    this.options = options;
  }

  /**
   * Sends a request. Retries once with a new token where the server refuses the first.
   *
   * @throws {Unauthorised | Refused | TypeError | DOMException}
   */
  async request(path, options = {}) {
    const token = await this.token();
    let response = await this.#send(path, options, token);
    if (response.status === 401 && this.options.canRenew()) {
      response = await this.#send(path, options, await this.token(token));
    }
    if (response.status === 401) throw new Unauthorised();
    if (!response.ok) throw new Refused(response);
    return response;
  }

  /**
   * Returns the token in use, or a new one after `refused` was refused. It is empty where a gateway adds the token.
   *
   * @throws {Unauthorised} where there is none
   */
  async token(refused) {
    if (refused !== undefined && !this.options.canRenew()) throw new Unauthorised();
    const token = await this.#tokenAfter(refused);
    if (token === "" && (refused !== undefined || this.options.needsToken())) {
      throw new Unauthorised();
    }
    return token;
  }

  /** Opens a WebSocket at a path of the server. @throws {DOMException} where the page may not */
  openSocket(path) {
    const url = new URL(this.options.base + path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    return new WebSocket(url);
  }

  async requestJson(path, options) {
    return await (await this.request(path, options)).json();
  }

  /**
   * Returns the current token, or a new one after `refused` was refused. Requests that were refused together share one
   * call of the provider.
   */
  async #tokenAfter(refused) {
    const current = this.#token;
    if (current !== undefined && (refused === undefined || await current !== refused)) {
      return current;
    }
    if (this.#token === current) {
      const requested = (async () => String(await this.options.provide() ?? ""))();
      this.#token = requested;
      requested.catch(() => {
        if (this.#token === requested) this.#token = undefined;
      });
    }
    return this.#token;
  }

  #send(path, { method = "GET", headers = {}, signal, timeoutMs = REQUEST_TIMEOUT_MS }, token) {
    const signals = [signal, timeoutMs === 0 ? undefined : AbortSignal.timeout(timeoutMs)];
    return fetch(this.options.base + PATH + path, {
      method,
      headers: {
        "Accept": "application/json",
        "Accept-Language": this.options.language(),
        ...(token === "" ? {} : { "X-Access-Token": token }),
        ...headers,
      },
      cache: "no-store",
      // A redirection must not receive the token.
      redirect: "error",
      // Marking as read completes even if the page is closed.
      keepalive: method === "POST",
      signal: AbortSignal.any(signals.filter((item) => item !== undefined)),
    });
  }
}
