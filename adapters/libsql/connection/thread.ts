/**
 * A file of libSQL's, opened in a thread of its own: while it writes and waits for the disk, this one goes on serving.
 */
import type { InStatement } from "@libsql/client";
import type { BatchMode } from "./database.ts";
import type { RawResult } from "./embedded.ts";

/** What the thread is told first. */
export interface Opening {
  readonly url: string;
  readonly busyTimeoutMs: number;
  readonly port: MessagePort;
}

/** What the thread is asked. */
export interface ThreadCall {
  readonly statements: readonly InStatement[];
  readonly mode: BatchMode;
}

/** What it answers, to each call in its turn. */
export type ThreadAnswer =
  | { readonly kind: "done"; readonly results: readonly RawResult[] }
  | { readonly kind: "failed"; readonly message: string; readonly code: string | undefined };

/** Whether a message is the first one. */
export function isOpening(data: unknown): data is Opening {
  return typeof data === "object" && data !== null && "port" in data;
}

/** A connection in a thread of its own. */
export interface ThreadConnection {
  /** As `EmbeddedConnection.batch`. */
  batch(statements: readonly InStatement[], mode: BatchMode): Promise<readonly RawResult[]>;
  close(): void;
}

/** Opens a file in a thread of its own. @throws as `openEmbedded` */
export async function openInThread(
  url: string,
  busyTimeoutMs: number,
): Promise<ThreadConnection> {
  const worker = new Worker(new URL("./embedded_thread.ts", import.meta.url), { type: "module" });
  const { port1: port, port2 } = new MessageChannel();
  const waiting: PromiseWithResolvers<readonly RawResult[]>[] = [];
  let ended: Error | undefined;

  function end(reason: Error): void {
    ended = reason;
    for (const { reject } of waiting.splice(0)) reject(reason);
    port.close();
    worker.terminate();
  }

  async function ask(send: () => void): Promise<readonly RawResult[]> {
    if (ended !== undefined) throw ended;
    const answer = Promise.withResolvers<readonly RawResult[]>();
    // What cannot be sent is not answered either.
    send();
    waiting.push(answer);
    return await answer.promise;
  }

  port.onmessage = ({ data }: MessageEvent<ThreadAnswer>) => {
    const asked = waiting.shift();
    if (data.kind === "done") asked?.resolve(data.results);
    else asked?.reject(Object.assign(new Error(data.message), { code: data.code }));
  };
  port.onmessageerror = () => end(new Error("an answer of the database could not be read"));
  worker.onerror = (event) => {
    event.preventDefault();
    end(new Error(`the thread of the database has ended: ${event.message}`));
  };
  const opening: Opening = { url, busyTimeoutMs, port: port2 };
  try {
    await ask(() => worker.postMessage(opening, [port2]));
  } catch (error) {
    end(new Error("the database could not be opened"));
    throw error;
  }
  return {
    batch: (statements, mode) => ask(() => port.postMessage({ statements, mode })),
    close: () => end(new Error("the database is closed")),
  };
}
