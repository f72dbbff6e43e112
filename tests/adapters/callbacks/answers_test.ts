/** What a call makes of an answer, from a server that writes bytes as they are given. */
import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  MAX_ANSWER_BYTES,
  MAX_HEAD_BYTES,
  MAX_INTERIM_ANSWERS,
} from "../../../adapters/callbacks/call_limits.ts";
import { createSocketCaller } from "../../../adapters/callbacks/socket_caller.ts";
import type { CallResult } from "../../../domain/callbacks/callback_result.ts";
import { type RawServer, startRawServer } from "../../support/stand_ins/raw_server.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const INTERIM = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
const EMPTY = `${OK}Content-Length: 0\r\n\r\n`;
const NOT_VALID = { failure: "answer-not-valid" } as const;

const answered = (status: number, retryAfter?: string) => ({ status, retryAfter });

function createCall({ url }: RawServer, timeoutMs?: number): () => Promise<CallResult> {
  const call = createSocketCaller({
    allowance: { hosts: new Set(), loopback: true },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return () => call({ url, headers: { "content-type": "application/json" }, body: "{}" });
}

/** An answer without a body whose headers have as many bytes as they may have. */
function longestHead(): string {
  const name = "Content-Length0a";
  return `${OK}Content-Length: 0\r\na: ${"x".repeat(MAX_HEAD_BYTES - name.length - 1)}\r\n\r\n`;
}

/** Whether a connection is used for the next call, or not, or the server ends it after the answer. */
type Afterwards = "kept" | "closed" | "ended";

const ANSWERS: readonly (readonly [string, string, CallResult, Afterwards])[] = [
  ["a length", `${OK}Content-Length: 2\r\n\r\nab`, answered(200), "kept"],
  ["an empty body", `${OK}content-length:0\r\n\r\n`, answered(200), "kept"],
  ["no body by its status", "HTTP/1.1 204 No Content\r\n\r\n", answered(204), "kept"],
  ["no reason", "HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", answered(503), "kept"],
  ["chunks", `${CHUNKED}2;x=y\r\nab\r\n0\r\n\r\n`, answered(200), "kept"],
  [
    "chunks with trailers",
    `${OK}Transfer-Encoding: gzip, chunked\r\n\r\nA\r\n0123456789\r\n0\r\nA: b\r\n\r\n`,
    answered(200),
    "kept",
  ],
  ["interim answers", INTERIM.repeat(MAX_INTERIM_ANSWERS) + EMPTY, answered(200), "kept"],
  ["a body up to the end", `${OK}\r\nab`, answered(200), "ended"],
  ["a coding that is not chunks", `${OK}Transfer-Encoding: gzip\r\n\r\nab`, answered(200), "ended"],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", answered(200), "closed"],
  ["a close", `${OK}Connection: close\r\nContent-Length: 0\r\n\r\n`, answered(200), "closed"],
  [
    "a length though it has no body",
    "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
    answered(204),
    "closed",
  ],
  [
    "the first Retry-After",
    "HTTP/1.1 429 No\r\nRetry-After:  7 \r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n",
    answered(429, "7"),
    "kept",
  ],
  ["the longest head", longestHead(), answered(200), "kept"],
];

for (const [what, text, expected, afterwards] of ANSWERS) {
  Deno.test(`createSocketCaller: reads an answer with ${what}, in pieces of any size`, async () => {
    for (const size of text.length > 1_000 ? [1_000, text.length] : [1, 2, 7, text.length]) {
      await using server = startRawServer(text, { size, isEnded: afterwards === "ended" });
      const call = createCall(server);
      assert.deepEqual(await call(), expected, `${size}`);
      assert.deepEqual(await call(), expected, `${size}`);
      const isSame = server.connections[0] === server.connections[1];
      assert.equal(isSame, afterwards === "kept", `${size}`);
    }
  });
}

const REFUSED = [
  "SSH-2.0-OpenSSH_9.2\r\n",
  "<!DOCTYPE html><html></html>",
  "HTTP/2 200 OK\r\n\r\n",
  "HTTP/1.1 20 OK\r\n\r\n",
  "HTTP/1.1  200 OK\r\n\r\n",
  "HTTP/1.1 099 Low\r\n\r\n",
  "HTTP/1.1 200 OK\nContent-Length: 1\n\na",
  "HTTP/1.1 100 Continue\r\n\r\n" + EMPTY,
  "HTTP/1.1 101 Switching Protocols\r\n\r\n",
  "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n",
  `${OK}no header\r\n\r\n`,
  `${OK}a : b\r\n\r\n`,
  `${OK}a: b\r\n folded\r\n\r\n`,
  `${OK}a: b\rc\r\n\r\n`,
  `${OK}Content-Length: -1\r\n\r\n`,
  `${OK}Content-Length: 1, 2\r\n\r\nab`,
  `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
  `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nab`,
  `${OK}Content-Length: 0x1\r\n\r\na`,
  `${OK}Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n`,
  longestHead().replace("a: ", "a: x"),
  INTERIM.repeat(MAX_INTERIM_ANSWERS + 1) + EMPTY,
];

for (const text of REFUSED) {
  Deno.test(`createSocketCaller: refuses the answer ${JSON.stringify(text.slice(0, 80))}`, async () => {
    for (const size of text.length > 1_000 ? [text.length] : [1, text.length]) {
      await using server = startRawServer(text, { size });
      assert.deepEqual(await createCall(server)(), NOT_VALID);
    }
  });
}

Deno.test("createSocketCaller: an answer that is cut at any byte has failed; its status is the result if its head came", async () => {
  const text = `${CHUNKED}5\r\n01234\r\n0\r\n\r\n`;
  for (let end = 0; end < text.length; end++) {
    await using server = startRawServer(text.slice(0, end), { isEnded: true });
    assert.deepEqual(
      await createCall(server)(),
      end < CHUNKED.length ? { failure: "connection-failed" } : answered(200),
      `${end}`,
    );
  }
});

Deno.test("createSocketCaller: a body that is not as its head says leaves the status, and no connection", async () => {
  for (
    const text of [
      `${CHUNKED}no size\r\n`,
      `${CHUNKED}1\r\nab\r\n0\r\n\r\n`,
      `${CHUNKED}0\r\nno header\r\n\r\n`,
    ]
  ) {
    await using server = startRawServer(text);
    const call = createCall(server);
    assert.deepEqual(await call(), answered(200), text);
    assert.deepEqual(await call(), answered(200), text);
    assert.notEqual(server.connections[0], server.connections[1], text);
  }
});

Deno.test(`createSocketCaller: reads a body of ${MAX_ANSWER_BYTES} bytes, and no longer one, whatever its end`, async () => {
  const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n0\r\n\r\n`;
  const answers = (bytes: number) => [
    `${OK}Content-Length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`,
    `${CHUNKED}${chunk(bytes)}`,
  ];
  for (
    const [bytes, isKept] of [[MAX_ANSWER_BYTES, true], [MAX_ANSWER_BYTES + 1, false]] as const
  ) {
    for (const text of answers(bytes)) {
      await using server = startRawServer(text);
      const call = createCall(server);
      assert.deepEqual(await call(), answered(200));
      assert.deepEqual(await call(), answered(200));
      assert.equal(server.connections[0] === server.connections[1], isKept);
    }
  }
});

for (
  const [what, begin, piece, expected] of [
    ["interim answers", "", INTERIM.repeat(100), NOT_VALID],
    ["headers", OK, `a: ${"x".repeat(1_000)}\r\n`, NOT_VALID],
    ["trailers", `${CHUNKED}0\r\n`, `a: ${"x".repeat(1_000)}\r\n`, answered(200)],
    ["a body", `${OK}\r\n`, "x".repeat(1_000), answered(200)],
    ["chunks", CHUNKED, "1\r\na\r\n".repeat(1_000), answered(200)],
  ] as const
) {
  Deno.test(`createSocketCaller: ends a call whose answer has ${what} without end`, async () => {
    await using server = startRawServer(begin, { endless: piece });
    assert.deepEqual(await createCall(server)(), expected);
  });
}

Deno.test("createSocketCaller: gives up after its time when a line that is no header has no end", async () => {
  for (
    const [begin, expected] of [
      ["HTTP/1.1 200 O", { failure: "timed-out" }],
      [`${CHUNKED}1;x=`, answered(200)],
    ] as const
  ) {
    await using server = startRawServer(begin, { endless: "x".repeat(1_000) });
    assert.deepEqual(await createCall(server, 200)(), expected);
  }
});

Deno.test("createSocketCaller: ends with a result, whatever bytes an endpoint sends", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("", OK, CHUNKED),
      fc.string({ unit: "binary-ascii" }),
      async (begin, text) => {
        await using server = startRawServer(begin + text, { isEnded: true });
        const result = await createCall(server)();
        assert.ok("status" in result || result.failure !== "timed-out", JSON.stringify(result));
      },
    ),
  );
});
