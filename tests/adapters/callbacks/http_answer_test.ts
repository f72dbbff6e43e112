import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { MAX_ANSWER_BYTES, MAX_HEAD_BYTES } from "../../../adapters/callbacks/call_limits.ts";
import {
  AnswerCutOff,
  type AnswerHead,
  AnswerNotValid,
  readAnswer,
} from "../../../adapters/callbacks/http_answer.ts";

/** Reads an answer that arrives in pieces of `size` bytes, after which the server ends the connection. */
async function readIn(size: number, text: string) {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  let at = 0;
  let head: AnswerHead | undefined;
  const read = () => {
    const piece = bytes.subarray(at, at + size);
    at += piece.length;
    return Promise.resolve(piece.length === 0 ? undefined : piece);
  };
  try {
    const isReusable = await readAnswer(read, (read) => head = read);
    return { head, isReusable, left: bytes.length - at };
  } catch (error) {
    return { head, error };
  }
}

const head = (status: number, retryAfter?: string) => ({ status, retryAfter });
const OK = "HTTP/1.1 200 OK\r\n";

/** An answer without a body whose head is as long as it may be. */
function longestHead(): string {
  const before = `${OK}Content-Length: 0\r\na: `;
  const after = "\r\n\r\n";
  return before + "x".repeat(MAX_HEAD_BYTES - before.length - after.length) + after;
}

/** An answer, its status, and whether its connection can be used again. */
const ANSWERS: readonly (readonly [string, string, AnswerHead, boolean])[] = [
  ["a length", `${OK}Content-Length: 2\r\n\r\nab`, head(200), true],
  ["an empty body", `${OK}content-length:0\r\n\r\n`, head(200), true],
  ["equal lengths", `${OK}Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab`, head(200), true],
  [
    "no body by its status",
    "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
    head(204),
    true,
  ],
  ["no reason", "HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", head(503), true],
  ["line feeds alone", "HTTP/1.1 200 OK\nContent-Length: 1\n\na", head(200), true],
  ["chunks", `${OK}Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0\r\n\r\n`, head(200), true],
  [
    "chunks with trailers",
    `${OK}Transfer-Encoding: gzip, chunked\r\n\r\nA \r\n0123456789\r\n0\r\nA: b\r\n\r\n`,
    head(200),
    true,
  ],
  [
    "chunks and a length",
    `${OK}Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n`,
    head(200),
    false,
  ],
  [
    "interim answers",
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
    head(200),
    true,
  ],
  ["a body up to the end", `${OK}\r\nab`, head(200), false],
  ["a coding that is not chunks", `${OK}Transfer-Encoding: gzip\r\n\r\nab`, head(200), false],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", head(200), false],
  ["a close", `${OK}Connection: Keep-Alive, Close\r\nContent-Length: 0\r\n\r\n`, head(200), false],
  ["another protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\n", head(101), false],
  [
    "the first Retry-After",
    "HTTP/1.1 429 No\r\nRetry-After:  7 \r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n",
    head(429, "7"),
    true,
  ],
  ["the longest head", longestHead(), head(200), true],
];

for (const [what, text, expected, isReusable] of ANSWERS) {
  Deno.test(`readAnswer: reads an answer with ${what}, in pieces of any size`, async () => {
    for (const size of [1, 2, 7, text.length]) {
      assert.deepEqual(
        await readIn(size, text),
        { head: expected, isReusable, left: 0 },
        `${size}`,
      );
    }
  });
}

const NOT_VALID = [
  "SSH-2.0-OpenSSH_9.2\r\n",
  "HTTP/2 200 OK\r\n\r\n",
  "HTTP/1.1 20 OK\r\n\r\n",
  "HTTP/1.1  200 OK\r\n\r\n",
  "HTTP/1.1 099 Low\r\n\r\n",
  `${OK}no header\r\n\r\n`,
  `${OK}a : b\r\n\r\n`,
  `${OK}a: b\r\n folded\r\n\r\n`,
  `${OK}a: b\rc\r\n\r\n`,
  `${OK}Content-Length: -1\r\n\r\n`,
  `${OK}Content-Length: 1, 2\r\n\r\nab`,
  `${OK}Content-Length: 0x1\r\n\r\na`,
  longestHead().replace("a: ", "a: x"),
  "HTTP/1.1 100 Continue\r\n\r\n".repeat(MAX_HEAD_BYTES / 25 + 1),
];

for (const text of NOT_VALID) {
  Deno.test(`readAnswer: refuses ${JSON.stringify(text.slice(0, 45))}`, async () => {
    for (const size of [1, text.length]) {
      const { head, error } = await readIn(size, text);
      assert.ok(error instanceof AnswerNotValid, String(error));
      assert.equal(head, undefined);
    }
  });
}

Deno.test("readAnswer: a connection that ends before the answer does, is cut off; its status is returned if it came", async () => {
  const text = `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n\r\n`;
  const headEnd = text.indexOf("\r\n\r\n") + 4;
  for (let end = 0; end < text.length; end++) {
    const { head, error } = await readIn(3, text.slice(0, end));
    assert.ok(error instanceof AnswerCutOff, `${end}`);
    assert.equal(head?.status, end < headEnd ? undefined : 200);
  }
});

Deno.test(`readAnswer: reads a body of ${MAX_ANSWER_BYTES} bytes, and no longer one, whatever its end`, async () => {
  const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n0\r\n\r\n`;
  const answers = (bytes: number) => [
    `${OK}Content-Length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n${chunk(bytes)}`,
    `${OK}\r\n${"x".repeat(bytes)}`,
  ];
  for (const text of answers(MAX_ANSWER_BYTES)) {
    assert.equal((await readIn(1_000, text)).error, undefined);
  }
  for (const text of answers(MAX_ANSWER_BYTES + 1)) {
    const { head, error } = await readIn(1_000, text);
    assert.deepEqual([head?.status, String(error)], [200, "BodyTooLong"]);
  }
});

Deno.test("readAnswer: never reads on without end, of any bytes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("", OK, `${OK}Transfer-Encoding: chunked\r\n\r\n`),
      fc.string({ unit: "binary-ascii" }),
      fc.integer({ min: 1, max: 9 }),
      async (begin, text, size) => {
        const { head, error } = await readIn(size, begin + text);
        assert.ok(head !== undefined || error instanceof Error);
      },
    ),
  );
});
