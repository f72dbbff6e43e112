import { parseSequence } from "../sequence.ts";
import { MAX_LANGUAGE_LENGTH } from "./limits.ts";

/** The first message of a socket: what a request for the stream has in its headers. */
export interface FirstMessage {
  readonly token: string;
  /** As `Accept-Language`. */
  readonly language: string;
  /** The sequence number of the client's last event; `undefined` when it has none. */
  readonly since: number | undefined;
}

/**
 * Parses the first message, JSON such as `{"token": "eyJ…", "language": "uk", "lastEventId": "7"}`. `language` and
 * `lastEventId` may be missing; other fields are ignored. @returns `undefined` when it is not such a message
 */
export function parseFirstMessage(text: string): FirstMessage | undefined {
  const fields = parseObject(text);
  if (fields === undefined) return undefined;
  const { token, language = "", lastEventId = "" } = fields;
  if (typeof token !== "string" || token === "") return undefined;
  if (typeof language !== "string" || language.length > MAX_LANGUAGE_LENGTH) return undefined;
  if (typeof lastEventId !== "string") return undefined;
  return { token, language, since: parseSequence(lastEventId === "" ? undefined : lastEventId) };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
