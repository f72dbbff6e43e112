/**
 * Opens a libSQL file in a worker thread, so that this thread serves requests while the file is being written.
 */
import type { InStatement } from "@libsql/client";
import { StoreUnavailable } from "../../../domain/ports/store_unavailable.ts";
import type { BatchMode, RawResult } from "./batch.ts";

/** The first message to the thread: which file it opens, and the port for all further messages. */
export interface Opening {
  readonly url: string;
  readonly busyTimeoutMs: number;
  /** As in `openEmbedded`. */
  readonly access: BatchMode;
  readonly port: MessagePort;
}

/** A call, in a message to the thread. */
export type ThreadCall =
  | { readonly statements: readonly InStatement[]; readonly mode: BatchMode }
  | "shut-down";

/** The thread's response. Responses come in the order of the calls. */
export type ThreadAnswer =
  | { readonly kind: "done"; readonly results: readonly RawResult[] }
  | { readonly kind: "failed"; readonly message: string; readonly code: string | undefined };

/** Whether a message is an {@link Opening}. */
export function isOpening(data: unknown): data is Opening {
  return typeof data === "object" && data !== null && "port" in data;
}

/**
 * A connection in a worker thread. After the thread has ended by itself, every call rejects with `StoreUnavailable`.
 */
export interface ThreadConnection {
  /** Runs all of the statements or none, in one transaction, as `EmbeddedConnection.batch` does. */
  batch(statements: readonly InStatement[], mode: BatchMode): Promise<readonly RawResult[]>;
  /** Writes the write-ahead log into the file, and closes. The connection is closed also when that fails. */
  shutDown(): Promise<void>;
  close(): void;
}

/** Options of {@link openInThread}. */
export interface ThreadOptions {
  /** As in `openEmbedded`. */
  readonly access?: BatchMode;
  /** Called once when the thread has ended by itself: every call fails from then on. */
  readonly onLost?: (why: Error) => void;
  /** The module that the thread runs, `embedded_thread.ts` by default; tests pass another one. */
  readonly thread?: URL;
}

let prepared: Worker | undefined;

/** Starts a thread ahead, which loads what it needs beside the caller. The next {@link openInThread} uses it. */
export function prepareThread(): void {
  prepared ??= startThread();
}

function startThread(
  // Not a constant: on Workers, where there is no thread, the address is not valid.
  thread = new URL("./embedded_thread.ts", import.meta.url),
): Worker {
  return new Worker(thread, { type: "module" });
}

function takePrepared(): Worker | undefined {
  const worker = prepared;
  prepared = undefined;
  return worker;
}

/** Opens a file in a worker thread. @throws as `openEmbedded` */
export async function openInThread(
  url: string,
  busyTimeoutMs: number,
  {
    access = "write",
    onLost = () => {},
    thread,
  }: ThreadOptions = {},
): Promise<ThreadConnection> {
  const worker = (thread === undefined ? takePrepared() : undefined) ?? startThread(thread);
  const { port1: port, port2 } = new MessageChannel();
  const waiting: PromiseWithResolvers<readonly RawResult[]>[] = [];
  let ended: Error | undefined;

  function end(reason: Error): void {
    ended = reason;
    for (const { reject } of waiting.splice(0)) reject(reason);
    port.close();
    worker.terminate();
  }

  async function request(send: () => void): Promise<readonly RawResult[]> {
    if (ended !== undefined) throw ended;
    const answer = Promise.withResolvers<readonly RawResult[]>();
    // A message that cannot be sent throws here, before a response is awaited.
    send();
    waiting.push(answer);
    return await answer.promise;
  }

  port.onmessage = ({ data }: MessageEvent<ThreadAnswer>) => {
    const call = waiting.shift();
    if (data.kind === "done") call?.resolve(data.results);
    else call?.reject(Object.assign(new Error(data.message), { code: data.code }));
  };
  function close(): void {
    if (ended === undefined) end(new Error("the database is closed"));
  }

  function lose(message: string): void {
    if (ended !== undefined) return;
    const why = new StoreUnavailable("THREAD_ENDED", message);
    end(why);
    onLost(why);
  }

  port.onmessageerror = () => lose("a response of the database could not be read");
  worker.onerror = (event) => {
    event.preventDefault();
    lose(`the thread of the database has ended: ${event.message}`);
  };
  const opening: Opening = { url, busyTimeoutMs, access, port: port2 };
  try {
    await request(() => worker.postMessage(opening, [port2]));
  } catch (error) {
    end(new Error("the database could not be opened"));
    throw error;
  }
  return {
    batch: (statements, mode) => request(() => port.postMessage({ statements, mode })),
    async shutDown() {
      try {
        await request(() => port.postMessage("shut-down"));
      } finally {
        close();
      }
    },
    close,
  };
}
