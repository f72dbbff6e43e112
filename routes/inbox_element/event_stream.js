/** Maximum length of a stream's line, in characters. */
export const MAX_STREAM_LINE = 1024 * 1024;

/**
 * Creates a parser of Server-Sent Events (HTML standard, 9.2.6). It takes chunks of text and returns the events that each
 * chunk completes.
 *
 * @returns {(chunk: string) => {type: string, data: string, id: string | undefined, retryMs: number | undefined}[]}
 * @throws {RangeError} thrown by the parser when a line exceeds the maximum length
 */
export function createStreamParser() {
  let rest = "";
  let isFirst = true;
  let type = "";
  let data = [];
  let id;
  let retryMs;
  return (chunk) => {
    rest += chunk;
    if (isFirst && rest !== "") {
      rest = rest.replace(/^\uFEFF/, "");
      isFirst = false;
    }
    const events = [];
    // A carriage return at the end of a chunk may be the first half of a line end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > MAX_STREAM_LINE) throw new RangeError("a line of the stream is too long");
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0 || id !== undefined || retryMs !== undefined) {
          events.push({
            type: data.length > 0 ? (type === "" ? "message" : type) : "",
            data: data.join("\n"),
            id,
            retryMs,
          });
        }
        type = "";
        data = [];
        id = undefined;
        retryMs = undefined;
        continue;
      }
      const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === "event") type = value;
      if (field === "data") data.push(value);
      // Other characters are invalid in the `Last-Event-ID` header.
      if (field === "id" && /^[\x21-\x7e]*$/.test(value)) id = value;
      if (field === "retry" && /^[0-9]{1,7}$/.test(value)) retryMs = Number(value);
    }
    return events;
  };
}
