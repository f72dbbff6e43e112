/** HTTP over a plain socket: sends bytes that `fetch` cannot send, and reads the answer or the close. */

/** The answer to a request, as read from the socket. */
export interface RawAnswer {
  /** `undefined` when the server closed the connection, or stayed silent, without an answer. */
  readonly status: number | undefined;
  /** In lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** The bytes after the head as Latin-1 text, at most {@link MAX_KEPT} of them. */
  readonly body: string;
  /** How the exchange ended: by the server, by the answer's own length, or by this client's time-out. */
  readonly end: "closed" | "complete" | "timeout";
}

/** One step of an exchange. */
export type WireStep =
  | { readonly send: string | Uint8Array }
  | { readonly waitMs: number }
  /** Closes the sending side only. */
  | { readonly shut: true }
  /** Closes the connection without reading. */
  | { readonly abort: true };

/** Options of {@link exchange}. */
export interface ExchangeOptions {
  readonly port: number;
  /** How long to wait for the answer after the last step. */
  readonly timeoutMs?: number;
  /** Reads on after the first answer, until the connection is closed. */
  readonly untilClosed?: boolean;
}

/** The most bytes of an answer that are kept. */
const MAX_KEPT = 64 * 1024;
const DEFAULT_TIMEOUT_MS = 10_000;
const ENCODER = new TextEncoder();
const LATIN_1 = new TextDecoder("latin1");

/** Runs the steps on a new connection to loopback, and reads at the same time. */
export async function exchange(
  steps: readonly WireStep[],
  { port, timeoutMs = DEFAULT_TIMEOUT_MS, untilClosed = false }: ExchangeOptions,
): Promise<RawAnswer> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let isOpen = true;
  const close = () => {
    if (isOpen) connection.close();
    isOpen = false;
  };
  const reading = readAnswer(connection, untilClosed);
  const aborted = await runSteps(connection, steps);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    if (aborted) return await closedBy(close, reading);
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
    });
    const answer = await Promise.race([reading, late]);
    if (answer !== undefined) return answer;
    const partial = await closedBy(close, reading);
    return { ...partial, end: "timeout" };
  } finally {
    clearTimeout(timer);
    close();
  }
}

async function closedBy(close: () => void, reading: Promise<RawAnswer>): Promise<RawAnswer> {
  close();
  return await reading;
}

/** Runs the steps, and stops when the server has closed. Returns whether this client aborted. */
async function runSteps(connection: Deno.TcpConn, steps: readonly WireStep[]): Promise<boolean> {
  try {
    for (const step of steps) {
      if ("send" in step) {
        await writeAll(
          connection,
          typeof step.send === "string" ? ENCODER.encode(step.send) : step.send,
        );
      } else if ("waitMs" in step) {
        await new Promise((resolve) => setTimeout(resolve, step.waitMs));
      } else if ("shut" in step) {
        await connection.closeWrite();
      } else {
        return true;
      }
    }
  } catch {
    // The server closed the connection: what it answered before is still read.
  }
  return false;
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Reads until the answer is complete by its own length, is a stream that has begun, or the connection closes. */
async function readAnswer(connection: Deno.TcpConn, untilClosed: boolean): Promise<RawAnswer> {
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  let received = 0;
  for (;;) {
    let count: number | null;
    try {
      count = await connection.read(buffer);
    } catch {
      count = null;
    }
    if (count === null) return parseAnswer(text, "closed");
    received += count;
    if (text.length < MAX_KEPT) text += LATIN_1.decode(buffer.subarray(0, count));
    if (!untilClosed && isComplete(text, received)) return parseAnswer(text, "complete");
  }
}

function isComplete(text: string, received: number): boolean {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return false;
  const head = text.slice(0, headEnd).toLowerCase();
  if (/^http\/1\.[01] 1\d\d/.test(head)) {
    return isComplete(text.slice(headEnd + 4), received - headEnd - 4);
  }
  if (/^http\/1\.[01] (?:204|304)/.test(head)) return true;
  if (head.includes("content-type: text/event-stream")) return true;
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
  if (length !== undefined) return received >= headEnd + 4 + Number(length);
  return head.includes("transfer-encoding: chunked") && text.endsWith("\r\n0\r\n\r\n");
}

function parseAnswer(text: string, end: RawAnswer["end"]): RawAnswer {
  const headEnd = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, Math.max(headEnd, 0)).split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1];
  if (status === undefined) return { status: undefined, headers: new Map(), body: text, end };
  if (status.startsWith("1") && status !== "101") return parseAnswer(text.slice(headEnd + 4), end);
  const headers = new Map(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  return { status: Number(status), headers, body: text.slice(headEnd + 4), end };
}
