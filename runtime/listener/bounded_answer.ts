/** Bounds how much of an answer waits in memory for a client that does not read it. */
import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";

/** How many bytes, or characters, of an answer are written together; the socket holds one or two such chunks. */
const ANSWER_CHUNK = 32_768;

/**
 * Replaces `response.end`: a body of more than 32,768 bytes or characters is written in chunks of that size, each when
 * the client has taken the earlier ones. The body itself is not copied, so that many answers can share one.
 */
export function boundAnswer(response: ServerResponse): void {
  const end = response.end.bind(response);
  const endByChunks = (body?: unknown, ...others: unknown[]): ServerResponse => {
    const isLong = (typeof body === "string" || body instanceof Uint8Array) &&
      body.length > ANSWER_CHUNK && others.length === 0;
    // Other arguments are handed on as they are, whatever overload they belong to.
    if (!isLong) return Reflect.apply(end, response, [body, ...others]);
    writeFrom(response, body, 0, end);
    return response;
  };
  response.end = endByChunks as typeof response.end;
}

function writeFrom(
  response: ServerResponse,
  body: string | Uint8Array,
  from: number,
  end: () => unknown,
): void {
  for (let at = from; at < body.length && !response.destroyed;) {
    const to = endOfChunk(body, at + ANSWER_CHUNK);
    const chunk = typeof body === "string"
      ? Buffer.from(body.slice(at, to))
      : body.subarray(at, to);
    at = to;
    if (!response.write(chunk)) {
      response.once("drain", () => writeFrom(response, body, at, end));
      return;
    }
  }
  end();
}

/** Keeps the two halves of a character together. */
function endOfChunk(body: string | Uint8Array, to: number): number {
  if (typeof body !== "string") return to;
  const last = body.charCodeAt(to - 1);
  return last >= 0xd800 && last < 0xdc00 ? to + 1 : to;
}
