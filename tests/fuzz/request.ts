/** A request of a fuzz run, how it is put on the wire, and how it is printed. */
import type { WireStep } from "../support/raw_http.ts";

/** How the bytes of a request are delivered. */
export type Delivery =
  | "whole"
  | "chunked"
  /** A chunked body in many small chunks. */
  | "small-chunks"
  /** A chunked body whose last chunk never comes; the client leaves. */
  | "endless"
  | "half-head"
  | "half-body"
  /** `Content-Length` is more than the body; the client leaves. */
  | "long-length"
  /** `Content-Length` is less than the body. */
  | "short-length"
  /** Both `Content-Length` and `Transfer-Encoding`. */
  | "both-lengths"
  /** The client leaves as soon as the request is sent. */
  | "abandoned";

/** Every delivery but the ordinary ones. */
export const ODD_DELIVERIES: readonly Delivery[] = [
  "small-chunks",
  "endless",
  "half-head",
  "half-body",
  "long-length",
  "short-length",
  "both-lengths",
  "abandoned",
];

/** The deliveries that a client leaves before it has an answer. */
const LEFT_BY_CLIENT: ReadonlySet<Delivery> = new Set([
  "endless",
  "half-head",
  "half-body",
  "long-length",
  "abandoned",
]);

/** A request of a fuzz run. */
export interface FuzzRequest {
  readonly method: string;
  /** The path and the query as sent, with no escaping of its own. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Empty when the request has no body. */
  readonly body: Uint8Array;
  readonly delivery: Delivery;
  /** How long its answer may take, in milliseconds, where it may take longer than that of others. */
  readonly timeoutMs?: number;
}

/** How long a client waits before it leaves an unfinished request. */
const LEAVES_AFTER_MS = 20;
const ENCODER = new TextEncoder();

/** Whether the client of this request waits for an answer. */
export function waitsForAnswer({ delivery }: FuzzRequest): boolean {
  return !LEFT_BY_CLIENT.has(delivery);
}

/** The steps that send a request on a connection of its own. */
export function toSteps(request: FuzzRequest): readonly WireStep[] {
  const { body, delivery } = request;
  const half = body.subarray(0, Math.floor(body.length / 2));
  const leave = [{ waitMs: LEAVES_AFTER_MS }, { abort: true }] as const;
  const length = (bytes: number) => [`Content-Length: ${bytes}`];
  const chunked = ["Transfer-Encoding: chunked"];
  const ownLength = body.length === 0 && !/^P/.test(request.method) ? [] : length(body.length);
  switch (delivery) {
    case "whole":
      return [{ send: toHead(request, ownLength) }, { send: body }];
    case "chunked":
      return [{ send: toHead(request, chunked) }, ...toChunks(body, body.length), lastChunk()];
    case "small-chunks":
      return [
        { send: toHead(request, chunked) },
        ...toChunks(body, Math.max(1, Math.ceil(body.length / 50))),
        lastChunk(),
      ];
    case "endless":
      return [{ send: toHead(request, chunked) }, ...toChunks(body, body.length), ...leave];
    case "half-head": {
      const head = toHead(request, ownLength);
      return [{ send: head.slice(0, Math.floor(head.length / 2)) }, ...leave];
    }
    case "half-body":
      return [{ send: toHead(request, ownLength) }, { send: half }, ...leave];
    case "long-length":
      return [{ send: toHead(request, length(body.length + 1_000)) }, { send: body }, ...leave];
    case "short-length":
      return [{ send: toHead(request, length(half.length)) }, { send: body }];
    case "both-lengths":
      return [
        { send: toHead(request, [...length(body.length), ...chunked]) },
        ...toChunks(body, body.length),
        lastChunk(),
      ];
    case "abandoned":
      return [{ send: toHead(request, ownLength) }, { send: body }, { abort: true }];
  }
}

function toHead({ method, target, headers }: FuzzRequest, framing: readonly string[]): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const hasHost = headers.some(([name]) => name.toLowerCase() === "host");
  return [
    `${method} ${target} HTTP/1.1`,
    ...(hasHost ? [] : ["Host: 127.0.0.1"]),
    "Connection: close",
    ...lines,
    ...framing,
    "\r\n",
  ].join("\r\n");
}

function toChunks(body: Uint8Array, size: number): readonly WireStep[] {
  const steps: WireStep[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size);
    steps.push({ send: `${chunk.length.toString(16)}\r\n` }, { send: chunk }, { send: "\r\n" });
  }
  return steps;
}

function lastChunk(): WireStep {
  return { send: "0\r\n\r\n" };
}

/** A request with a JSON body; `undefined` for no body. */
export function withJson(
  method: string,
  target: string,
  headers: FuzzRequest["headers"],
  json?: unknown,
): FuzzRequest {
  const body = json === undefined ? new Uint8Array() : ENCODER.encode(JSON.stringify(json));
  const type = json === undefined ? [] : [["Content-Type", "application/json"]] as const;
  return { method, target, headers: [...headers, ...type], body, delivery: "whole" };
}

/** The longest address or body that {@link toCurl} prints in whole, in characters. */
const MAX_PRINTED = 2_000;

/** A shell command that sends the request. Credentials are those of the run, and end with it. */
export function toCurl({ method, target, headers, body, delivery }: FuzzRequest): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const shorten = (text: string) =>
    text.length <= MAX_PRINTED
      ? text
      : `${text.slice(0, MAX_PRINTED)}… (${text.length} characters)`;
  const shown = shorten(new TextDecoder().decode(body));
  return [
    `curl -sS -X ${quote(method)} --path-as-is "$HARK"${quote(shorten(target))}`,
    ...headers.map(([name, value]) => `  -H ${quote(`${name}: ${value}`)}`),
    ...(body.length === 0 ? [] : [`  --data-binary ${quote(shown)}`]),
  ].join(" \\\n") + (delivery === "whole" ? "" : `\n# delivery: ${delivery}`);
}
