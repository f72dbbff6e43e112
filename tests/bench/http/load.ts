/** A load over HTTP from this process: keep-alive connections, each with one request at a time. */

/** A load on a server. */
export interface LoadOptions {
  /** The origin of the server. */
  readonly url: string;
  readonly connections: number;
  /** Returns a whole request, head and body; called for each. */
  readonly request: () => Uint8Array<ArrayBuffer>;
  /** The status that every answer must have. */
  readonly status: number;
  /** When to stop: after a time, or after a number of requests. */
  readonly until: { readonly ms: number } | { readonly requests: number };
  /** The most requests a second that are begun; as many as are answered by default. */
  readonly perSecond?: number;
  /** Receives the body of each answer; of a chunked one with the sizes of its chunks. */
  readonly onBody?: (body: string) => void;
}

/** What a load met. */
export interface LoadResult {
  readonly answered: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** On a very busy machine the server sheds connections; more of them is a failure. */
const MAX_RESETS = 200;

/** Sends requests over keep-alive connections. @throws when an answer has another status, or the server is gone */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { connections, request, status, until, perSecond = Infinity, onBody } = options;
  const { hostname, port } = new URL(options.url);
  const latencies: number[] = [];
  const startedAt = performance.now();
  let begun = 0;
  const isOver = () =>
    "ms" in until ? performance.now() - startedAt >= until.ms : begun >= until.requests;
  let resets = 0;
  /** Sends requests until the load is over or the server closes the connection. */
  async function useConnection(): Promise<void> {
    using connection = await Deno.connect({ hostname, port: Number(port) });
    connection.setNoDelay();
    const reader = createAnswerReader(connection);
    while (!isOver()) {
      const aheadMs = begun / perSecond * 1000 - (performance.now() - startedAt);
      begun++;
      if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
      const bytes = request();
      const sentAt = performance.now();
      await writeAll(connection, bytes);
      const answer = await reader();
      latencies.push(performance.now() - sentAt);
      if (answer.status !== status) {
        throw new Error(`${answer.status} instead of ${status}: ${answer.body()}`);
      }
      onBody?.(answer.body());
    }
  }
  await Promise.all(Array.from({ length: connections }, async () => {
    while (!isOver()) {
      try {
        await useConnection();
      } catch (error) {
        if (!isReset(error) || ++resets > MAX_RESETS) throw error;
        begun--;
      }
    }
  }));
  if (resets > 0) console.warn(`the server closed ${resets} connections during a load`);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    answered: latencies.length,
    seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
}

function isReset(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

interface Answer {
  readonly status: number;
  /** Reads the body as text; valid until the next answer is read. */
  body(): string;
}

const LATIN1 = new TextDecoder("latin1");
const UTF8 = new TextDecoder();

/** Reads answers with a `Content-Length` or chunks, one after the other, with no decoding of the body. */
function createAnswerReader(connection: Deno.Conn): () => Promise<Answer> {
  let buffer = new Uint8Array(16_384);
  return async () => {
    let length = 0;
    let bodyAt = -1;
    let head = "";
    let bodyLength: number | undefined;
    for (;;) {
      if (length === buffer.length) {
        const larger = new Uint8Array(buffer.length * 2);
        larger.set(buffer);
        buffer = larger;
      }
      const read = await connection.read(buffer.subarray(length));
      if (read === null) throw new Deno.errors.ConnectionReset("the server closed the connection");
      length += read;
      if (bodyAt === -1) {
        const text = LATIN1.decode(buffer.subarray(0, length));
        const headEnd = text.indexOf("\r\n\r\n");
        if (headEnd === -1) continue;
        bodyAt = headEnd + 4;
        head = text.slice(0, headEnd);
        const declared = /^content-length: *(\d+)/im.exec(head)?.[1];
        bodyLength = declared === undefined ? undefined : Number(declared);
      }
      const isWhole = bodyLength === undefined
        ? LATIN1.decode(buffer.subarray(length - 5, length)) === "0\r\n\r\n"
        : length >= bodyAt + bodyLength;
      if (!isWhole) continue;
      const from = bodyAt;
      const to = length;
      return {
        status: Number(head.slice(9, 12)),
        body: () => UTF8.decode(buffer.subarray(from, to)),
      };
    }
  };
}

const encoder = new TextEncoder();

/** A request's bytes. */
export function requestBytes(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body = "",
): Uint8Array<ArrayBuffer> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const length = method === "GET" ? "" : `Content-Length: ${encoder.encode(body).length}\r\n`;
  return encoder.encode(
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${lines}${length}\r\n${body}`,
  );
}
