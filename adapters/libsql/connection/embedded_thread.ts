/** The worker thread that opens a libSQL file; `thread.ts` starts it. */
import type { RawResult } from "./batch.ts";
import { type EmbeddedConnection, openEmbedded } from "./embedded.ts";
import { isOpening, type ThreadAnswer, type ThreadCall } from "./thread.ts";

function toFailure(error: unknown): ThreadAnswer {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  return { kind: "failed", message, code };
}

function answer(connection: EmbeddedConnection, call: ThreadCall): readonly RawResult[] {
  if (call !== "shut-down") return connection.batch(call.statements, call.mode);
  connection.shutDown();
  return [];
}

function serve(connection: EmbeddedConnection, port: MessagePort): void {
  port.onmessage = ({ data }: MessageEvent<ThreadCall>) => {
    try {
      port.postMessage({ kind: "done", results: answer(connection, data) });
    } catch (error) {
      port.postMessage(toFailure(error));
    }
  };
}

// Loaded before the first message asks for it. That message's answer reports a failure.
import("libsql").catch(() => {});

globalThis.addEventListener("message", async (event) => {
  if (!(event instanceof MessageEvent) || !isOpening(event.data)) return;
  const { url, busyTimeoutMs, access, port } = event.data;
  try {
    serve(await openEmbedded(url, busyTimeoutMs, access), port);
    port.postMessage({ kind: "done", results: [] });
  } catch (error) {
    port.postMessage(toFailure(error));
  }
});
