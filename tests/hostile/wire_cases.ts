/** Requests that are wrong, cut off or odd as bytes, whatever the route. */
import type { WireStep } from "../support/raw_http.ts";

/** How the server may end an exchange. */
export interface Expectation {
  /** The statuses that the answer may have. */
  readonly statuses: readonly number[];
  /** Whether the server may close without an answer. */
  readonly mayClose: boolean;
}

/** A case of the suite. */
export interface WireCase {
  readonly name: string;
  readonly steps: readonly WireStep[];
  /** `undefined` when the client leaves before an answer. */
  readonly expect: Expectation | undefined;
}

const answered = (...statuses: readonly number[]): Expectation => ({ statuses, mayClose: false });
/** The request is no HTTP: it is refused, with or without words. */
const REFUSED: Expectation = { statuses: [400, 404, 405, 408, 413, 414, 431], mayClose: true };
const OK = answered(200);
/** The client leaves. */
const LEFT = undefined;

const HOST = "Host: 127.0.0.1\r\n";
const CLOSE = "Connection: close\r\n";
const END = "\r\n";
const ABORT = { abort: true } as const;
const SHUT = { shut: true } as const;

/** A GET of `/healthz` with further header lines. */
const withHeaders = (lines: string) => `GET /healthz HTTP/1.1\r\n${HOST}${CLOSE}${lines}${END}`;
const get = (target: string) => `GET ${target} HTTP/1.1\r\n${HOST}${CLOSE}${END}`;
/** A POST that is refused by its body or its missing token. */
const post = (lines: string, body: string) =>
  `POST /v2/notifications/sms HTTP/1.1\r\n${HOST}${CLOSE}${lines}${END}${body}`;

type Row = readonly [
  name: string,
  sent: string | Uint8Array | readonly WireStep[],
  expect: Expectation | undefined,
];

const UNFINISHED: readonly Row[] = [
  ["no byte, then left", [ABORT], LEFT],
  ["no byte, then half closed", [SHUT], REFUSED],
  ["half a request line, then left", [{ send: "GET /hea" }, ABORT], LEFT],
  ["half a request line, then half closed", [{ send: "GET /hea" }, SHUT], REFUSED],
  ["a head without its end", [{ send: `GET /healthz HTTP/1.1\r\n${HOST}` }, SHUT], REFUSED],
  ["a header line without its end", [{ send: `GET / HTTP/1.1\r\n${HOST}X-A: b` }, SHUT], REFUSED],
  ["half a body, then half closed", [{ send: post("Content-Length: 100\r\n", "{}") }, SHUT], {
    statuses: [400, 401, 403],
    mayClose: true,
  }],
  ["half a chunk, then half closed", [
    { send: post("Transfer-Encoding: chunked\r\n", "10\r\n{}") },
    SHUT,
  ], { statuses: [400, 401, 403], mayClose: true }],
  [
    "chunks without a last one",
    [{ send: post("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n") }, ABORT],
    LEFT,
  ],
  ["left while the answer is sent", [{ send: get("/inbox.js") }, ABORT], LEFT],
  [
    "one byte at a time",
    [...get("/healthz")].flatMap((character) => [{ send: character }, { waitMs: 1 }]),
    OK,
  ],
];

const FRAMING: readonly Row[] = [
  ["a negative Content-Length", post("Content-Length: -1\r\n", ""), REFUSED],
  ["a Content-Length that is no number", post("Content-Length: ten\r\n", ""), REFUSED],
  ["a Content-Length with a sign", post("Content-Length: +2\r\n", "{}"), REFUSED],
  ["a Content-Length that is a list", post("Content-Length: 2, 2\r\n", "{}"), REFUSED],
  ["a Content-Length over 2^64", post(`Content-Length: ${"9".repeat(40)}\r\n`, ""), REFUSED],
  [
    "two different Content-Lengths",
    post("Content-Length: 2\r\nContent-Length: 3\r\n", "{} "),
    REFUSED,
  ],
  [
    "Content-Length and Transfer-Encoding",
    post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
    REFUSED,
  ],
  ["an unknown Transfer-Encoding", post("Transfer-Encoding: gzip\r\n", "{}"), REFUSED],
  ["chunked before another coding", post("Transfer-Encoding: chunked, gzip\r\n", "{}"), REFUSED],
  ["chunked with a control character", post("Transfer-Encoding: \x0bchunked\r\n", "{}"), REFUSED],
  [
    "a chunk size that is no number",
    post("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"),
    { statuses: [400, 401, 403], mayClose: true },
  ],
  [
    "a chunk size over 2^64",
    post("Transfer-Encoding: chunked\r\n", `${"f".repeat(20)}\r\n{}`),
    { statuses: [400, 401, 403, 413], mayClose: true },
  ],
  [
    "a chunk extension of 100 kB",
    post("Transfer-Encoding: chunked\r\n", `2;${"a".repeat(100_000)}\r\n{}\r\n0\r\n\r\n`),
    { statuses: [400, 401, 403, 413, 431], mayClose: true },
  ],
  [
    "5,000 trailers",
    post("Transfer-Encoding: chunked\r\n", `2\r\n{}\r\n0\r\n${"X-A: b\r\n".repeat(5_000)}\r\n`),
    { statuses: [400, 401, 403, 431], mayClose: true },
  ],
  ["a body on GET", withHeaders("Content-Length: 2\r\n") + "{}", OK],
  [
    "a second request hidden behind a short body",
    post("Content-Length: 2\r\n", `{}${get("/manage/services")}`),
    answered(400, 401, 403),
  ],
];

const HEADERS: readonly Row[] = [
  ["1,000 header lines", withHeaders("X-A: b\r\n".repeat(1_000)), {
    statuses: [200, 431],
    mayClose: true,
  }],
  ["20,000 header lines", withHeaders("X-A: b\r\n".repeat(20_000)), REFUSED],
  ["a header of 64 kB", withHeaders(`X-A: ${"b".repeat(65_536)}\r\n`), REFUSED],
  ["a header of 1 MB", withHeaders(`X-A: ${"b".repeat(1_048_576)}\r\n`), REFUSED],
  ["a header name of 64 kB", withHeaders(`${"X".repeat(65_536)}: b\r\n`), REFUSED],
  ["a header without a colon", withHeaders("X-A\r\n"), REFUSED],
  ["a header without a name", withHeaders(": b\r\n"), REFUSED],
  ["a blank before the colon", withHeaders("X-A : b\r\n"), REFUSED],
  ["NUL in a header", withHeaders("X-A: a\0b\r\n"), REFUSED],
  ["a bare CR in a header", withHeaders("X-A: a\rb\r\n"), REFUSED],
  ["a folded header", withHeaders("X-A: a\r\n b\r\n"), { statuses: [200, 400], mayClose: true }],
  [
    "Latin-1 in a header",
    Uint8Array.from(
      withHeaders("Accept-Language: \xe9\xff\r\n"),
      (character) => character.charCodeAt(0),
    ),
    answered(200, 400),
  ],
  ["Authorization of 15 kB", withHeaders(`Authorization: Bearer ${"a".repeat(15_000)}\r\n`), {
    statuses: [200, 431],
    mayClose: false,
  }],
  ["Connection that names other headers", withHeaders("Connection: authorization, host\r\n"), {
    statuses: [200, 400],
    mayClose: true,
  }],
];

const TARGETS: readonly Row[] = [
  ["an address of 8 kB", get(`/${"a".repeat(8_000)}`), answered(404, 414, 431)],
  ["an address of 64 kB", get(`/${"a".repeat(65_536)}`), REFUSED],
  ["an address of 1 MB", get(`/${"a".repeat(1_048_576)}`), REFUSED],
  ["a query of 3,000 parameters", get(`/healthz?${"a=b&".repeat(3_000)}`), answered(200, 414, 431)],
  ["3,000 path segments", get("/a".repeat(3_000)), answered(404, 414, 431)],
  ["a lone percent sign", get("/v2/notifications/%"), answered(400, 401, 404)],
  ["an escape that is no number", get("/v2/notifications/%zz"), answered(400, 401, 404)],
  ["an escaped NUL", get("/v2/notifications/%00"), answered(400, 401, 404)],
  ["escaped bytes that are no UTF-8", get("/d/%ff%fe/%c0%af?key=%ff"), answered(400, 404)],
  ["escaped dots", get("/%2e%2e/%2e%2e/etc/passwd"), answered(400, 404)],
  ["dots above the root", get("/../../etc/passwd"), answered(400, 404)],
  ["NUL in the address", get("/healthz\0"), REFUSED],
  ["a blank in the address", get("/health z"), REFUSED],
  ["UTF-8 in the address", get("/привіт"), { statuses: [400, 404], mayClose: true }],
  ["a backslash", get("/manage\\services"), answered(400, 401, 404)],
  ["a fragment", get("/healthz#a"), { statuses: [200, 400, 404], mayClose: true }],
  ["two slashes", get("//healthz"), answered(400, 404)],
  ["two slashes and a host", get("//evil.example/manage/services"), answered(400, 404)],
  ["no slash", get("healthz"), REFUSED],
  ["an empty address", "GET  HTTP/1.1\r\n" + HOST + END, REFUSED],
  ["the absolute form", get("http://127.0.0.1/healthz"), answered(200, 400)],
  [
    "the absolute form of another host",
    get("http://evil.example/manage/services"),
    answered(400, 401),
  ],
  ["the absolute form of another scheme", get("ftp://127.0.0.1/healthz"), {
    statuses: [200, 400, 404],
    mayClose: true,
  }],
  ["an absolute form that cannot be parsed", get("http://[::1/healthz"), REFUSED],
  ["an absolute form with a password", get("http://a:b@127.0.0.1/healthz"), answered(200, 400)],
];

const anyAnswer: Expectation = { statuses: [200, 204, 400, 401, 404, 405], mayClose: true };
const method = (name: string, target = "/healthz") =>
  `${name} ${target} HTTP/1.1\r\n${HOST}${CLOSE}${END}`;

const METHODS: readonly Row[] = [
  ["OPTIONS *", method("OPTIONS", "*"), anyAnswer],
  ["CONNECT", method("CONNECT", "127.0.0.1:443"), anyAnswer],
  ["TRACE", method("TRACE"), anyAnswer],
  ["PROPFIND", method("PROPFIND"), anyAnswer],
  ["an unknown method", method("BREW"), anyAnswer],
  ["a method in lower case", method("get"), anyAnswer],
  ["a method of 10 kB", method("A".repeat(10_000)), REFUSED],
  ["a method with a forbidden character", method("G@T"), REFUSED],
  ["no method", method(""), REFUSED],
];

const VERSIONS: readonly Row[] = [
  ["HTTP/1.0", "GET /healthz HTTP/1.0\r\n\r\n", answered(200, 400)],
  ["HTTP/1.0 with Host", `GET /healthz HTTP/1.0\r\n${HOST}${END}`, OK],
  ["HTTP/1.0 with keep-alive and no length", [
    { send: `POST /v2/notifications/sms HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n{}` },
    SHUT,
  ], { statuses: [400, 401, 403], mayClose: true }],
  ["HTTP/0.9", "GET /healthz\r\n\r\n", REFUSED],
  ["HTTP/1.9", `GET /healthz HTTP/1.9\r\n${HOST}${CLOSE}${END}`, {
    statuses: [200, 400],
    mayClose: true,
  }],
  ["HTTP/9.9", `GET /healthz HTTP/9.9\r\n${HOST}${END}`, REFUSED],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED],
  ["line feeds alone", "GET /healthz HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n", {
    statuses: [200, 400],
    mayClose: true,
  }],
];

const NEGOTIATION: readonly Row[] = [
  ["Expect: 100-continue", [
    { send: post("Expect: 100-continue\r\nContent-Length: 2\r\n", "") },
    { waitMs: 100 },
    { send: "{}" },
  ], answered(400, 401, 403)],
  ["Expect: 100-continue, then left", [
    { send: post("Expect: 100-continue\r\nContent-Length: 1000\r\n", "") },
    { waitMs: 50 },
    ABORT,
  ], LEFT],
  ["an unknown expectation", post("Expect: a-miracle\r\nContent-Length: 2\r\n", "{}"), {
    statuses: [400, 401, 403, 417],
    mayClose: true,
  }],
  ["Upgrade to a WebSocket", [
    {
      send: `GET /healthz HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    },
  ], { statuses: [200, 400, 426], mayClose: true }],
  ["Upgrade to HTTP/2", [
    {
      send: `GET /healthz HTTP/1.1\r\n${HOST}Connection: Upgrade, HTTP2-Settings\r\n` +
        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    },
  ], { statuses: [200, 400, 426], mayClose: true }],
];

const host = (value: string) => `GET /healthz HTTP/1.1\r\nHost: ${value}\r\n${CLOSE}${END}`;

const HOSTS: readonly Row[] = [
  ["no Host", `GET /healthz HTTP/1.1\r\n${CLOSE}${END}`, REFUSED],
  ["two Hosts", `GET /healthz HTTP/1.1\r\n${HOST}Host: evil.example\r\n${CLOSE}${END}`, REFUSED],
  ["the same Host twice", `GET /healthz HTTP/1.1\r\n${HOST}${HOST}${CLOSE}${END}`, REFUSED],
  ...([
    ["an empty Host", ""],
    ["a Host with a path", "a/manage/services?"],
    ["a Host with a query", "a?b"],
    ["a Host with a fragment", "a#b"],
    ["a Host with a user", "user@host"],
    ["a Host with a blank", "a b"],
    ["a Host with a backslash", "a\\b"],
    ["a Host of 300 characters", "a".repeat(300)],
    ["a Host without its bracket", "[::1"],
    ["a Host with a port over 65535", "a:99999"],
    ["a Host that is a list", "a, b"],
  ] as const).map(([name, value]): Row => [name, host(value), REFUSED]),
  ["a Host that is another name", host("another.example:8080"), OK],
  ["a Host that is an IPv6 address", host("[::1]:8787"), OK],
];

/** The first bytes of a TLS handshake. */
const CLIENT_HELLO = Uint8Array.of(0x16, 3, 1, 0, 0xc8, 1, 0, 0, 0xc4, 3, 3, ...Array(200).fill(7));

const OTHER_PROTOCOLS: readonly Row[] = [
  ["a TLS handshake", [{ send: CLIENT_HELLO }, SHUT], REFUSED],
  ["an SSH banner", [{ send: "SSH-2.0-OpenSSH_9.6\r\n" }, SHUT], REFUSED],
  ["1 MB of NUL", [{ send: new Uint8Array(1_048_576) }, SHUT], REFUSED],
  ["1 MB of empty lines", [{ send: "\r\n".repeat(524_288) }, SHUT], REFUSED],
  ["an SMTP dialogue", [{ send: "EHLO a\r\nMAIL FROM:<a@b>\r\n" }, SHUT], REFUSED],
];

/** All cases on the wire. */
export const WIRE_CASES: readonly WireCase[] = [
  ...UNFINISHED,
  ...FRAMING,
  ...HEADERS,
  ...TARGETS,
  ...METHODS,
  ...VERSIONS,
  ...NEGOTIATION,
  ...HOSTS,
  ...OTHER_PROTOCOLS,
].map(([name, sent, expect]) => ({
  name,
  steps: typeof sent === "string" || sent instanceof Uint8Array ? [{ send: sent }] : sent,
  expect,
}));
