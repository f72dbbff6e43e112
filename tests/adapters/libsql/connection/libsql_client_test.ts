import assert from "node:assert/strict";
import { connectToServer } from "../../../../adapters/libsql/connection/libsql_client.ts";
import { StoreUnavailable } from "../../../../domain/ports/store_unavailable.ts";
import { createHrana } from "../../../support/hrana.ts";

const TIMEOUT_MS = 5_000;

function clientOf({ fetch }: { readonly fetch: (request: Request) => Promise<Response> }) {
  return connectToServer({ url: "http://db.internal", fetch }, TIMEOUT_MS);
}

/** The address of a client's request, and the token in it. */
async function requestOf(url: string, authToken?: string): Promise<readonly (string | null)[]> {
  const seen: Request[] = [];
  const client = connectToServer({
    url,
    authToken,
    fetch(request) {
      seen.push(request);
      return Promise.reject(new TypeError("no server"));
    },
  }, TIMEOUT_MS);
  await assert.rejects(client.batch(["SELECT 1"], "read"));
  const [request = assert.fail()] = seen;
  return [request.url, request.headers.get("authorization")];
}

Deno.test("connectToServer: calls the address by TLS unless it says otherwise", async () => {
  const token = "Bearer t";
  assert.deepEqual(await requestOf("libsql://a.example", "t"), [
    "https://a.example/v2/pipeline",
    token,
  ]);
  assert.deepEqual(await requestOf("libsql://a.example:8080?tls=0"), [
    "http://a.example:8080/v2/pipeline",
    null,
  ]);
  for (const path of ["/db", "/db/"]) {
    assert.deepEqual(await requestOf(`http://a.example:8080${path}?authToken=t`), [
      "http://a.example:8080/db/v2/pipeline",
      token,
    ]);
  }
});

Deno.test("connectToServer: throws for an address that is not valid, or has another parameter", () => {
  for (const url of ["http://a b", "libsql://", "https://a.example?token=t"]) {
    assert.throws(() => connectToServer({ url }, TIMEOUT_MS), TypeError, url);
  }
});

Deno.test("connectToServer: throws for a token that no header may have, without it", () => {
  for (const authToken of ["a\nb", "a b", "ключ"]) {
    assert.throws(
      () => connectToServer({ url: "http://db.internal", authToken }, TIMEOUT_MS),
      (error) => error instanceof TypeError && !error.message.includes(authToken),
    );
  }
});

Deno.test("batch: keeps each kind of value both ways", async () => {
  await using hrana = createHrana(":memory:");
  const bytes = Uint8Array.from({ length: 70_000 }, (_, at) => at % 256);
  const args = [9_007_199_254_740_991n, 1.5, "a\u{1F600}\n'\"", null, true, bytes, bytes.buffer];
  const [result] = await clientOf(hrana).batch([
    { sql: "SELECT ?1 AS i, ?2 AS r, ?3 AS t, ?4 AS z, ?5 AS b, ?6 AS x, ?7 AS y", args },
  ], "read");
  assert.deepEqual(result?.rows, [{
    i: 9_007_199_254_740_991,
    r: 1.5,
    t: "a\u{1F600}\n'\"",
    z: null,
    b: 1,
    x: bytes.buffer,
    y: bytes.buffer,
  }]);
});

Deno.test("batch: throws RangeError for an integer that JavaScript cannot hold", async () => {
  await using hrana = createHrana(":memory:");
  const sql = "SELECT 9007199254740993 AS n";
  await assert.rejects(clientOf(hrana).batch([sql], "read"), RangeError);
});

Deno.test("batch: writes nothing when a statement fails, and throws its code", async () => {
  await using hrana = createHrana(":memory:");
  const client = clientOf(hrana);
  await client.batch(["CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT"], "write");
  const failing = [["(1)", "SQLITE_CONSTRAINT"], ["('x')", "SQLITE_MISMATCH"]];
  for (const [row, code] of failing) {
    const sql = ["(1)", row, "(3)"].map((values) => `INSERT INTO t VALUES ${values}`);
    await assert.rejects(client.batch(sql, "write"), { name: "HranaError", code });
  }
  const [result] = await client.batch(["SELECT count(*) AS rows FROM t"], "read");
  assert.deepEqual(result?.rows, [{ rows: 0 }]);
});

Deno.test("batch: throws the code of an HTTP answer that is JSON", async () => {
  const fetch = () =>
    Promise.resolve(Response.json({ message: "no", code: "BLOCKED" }, { status: 400 }));
  await assert.rejects(
    clientOf({ fetch }).batch(["SELECT 1"], "read"),
    (error) => error instanceof StoreUnavailable && error.code === "BLOCKED",
  );
});

/** The answer to a batch of one statement, whose column is `n`. */
function answerOf(
  { rows = [[{ type: "null" }]], commit = NOTHING, errors = [null, null, null, null] }: {
    readonly rows?: readonly unknown[];
    readonly commit?: unknown;
    readonly errors?: readonly unknown[];
  },
) {
  const steps = [NOTHING, { cols: [{ name: "n" }], rows }, commit, null];
  return {
    results: [{ type: "ok", response: { result: { step_results: steps, step_errors: errors } } }],
  };
}

const NOTHING = { cols: [], rows: [] };
/** An argument, which no error may quote. */
const PERSONAL = "07900 900123";

async function errorOf(answer: Response): Promise<StoreUnavailable> {
  const client = clientOf({ fetch: () => Promise.resolve(answer) });
  try {
    await client.batch([{ sql: "SELECT ?1 AS n", args: [PERSONAL] }], "write");
  } catch (error) {
    assert.ok(error instanceof StoreUnavailable, String(error));
    assert.ok(!error.message.includes(PERSONAL), error.message);
    return error;
  }
  return assert.fail("the call succeeded");
}

Deno.test("batch: throws CONNECTION and quotes nothing when the answer is of another form", async () => {
  const rows = [[{ type: "text", value: PERSONAL }]];
  const texts = [
    "<html>Sign in</html>",
    `"${PERSONAL}`,
    JSON.stringify(answerOf({ rows })).slice(0, -20),
    "",
    "null",
    "{}",
    '{"results":[]}',
    '{"results":[null]}',
    '{"results":[{"type":"error"}]}',
    '{"results":[{"type":"ok","response":{"type":"execute","result":{"cols":[],"rows":[]}}}]}',
    '{"results":[{"type":"ok","response":{"result":{"step_results":[],"step_errors":[]}}}]}',
  ];
  const cells = [
    null,
    { type: "integer", value: null },
    { type: "integer", value: "" },
    { type: "integer", value: "x" },
    { type: "blob", base64: "%" },
    { type: "date", value: "1 May" },
  ];
  const wrong = [[[]], ...cells.map((cell) => [[cell]])];
  for (const text of [...texts, ...wrong.map((rows) => JSON.stringify(answerOf({ rows })))]) {
    const { code, message } = await errorOf(new Response(text));
    assert.deepEqual(
      [code, message],
      ["CONNECTION", "the answer is not one of a libSQL server"],
      text,
    );
  }
});

Deno.test("batch: throws TRANSACTION_CLOSED when COMMIT did not run, though the answer has no error", async () => {
  const { code } = await errorOf(Response.json(answerOf({ commit: null })));
  assert.equal(code, "TRANSACTION_CLOSED");
});

Deno.test("batch: throws an error without a code as one of the server", async () => {
  const errors = [null, { message: "no", code: null }, null, null];
  assert.equal((await errorOf(Response.json(answerOf({ errors })))).code, "UNKNOWN");
});

Deno.test("batch: throws the HTTP status of a refusal, whatever its body is", async () => {
  const headers = { "content-type": "application/json", "retry-after": "60" };
  for (const status of [401, 429, 503]) {
    for (const body of [`<p>${PERSONAL}`, '{"mess', "null", "[]", '{"message":1}']) {
      const { code, message } = await errorOf(new Response(body, { status, headers }));
      assert.equal(code, `HTTP_${status}`, body);
      assert.equal(message, `SERVER_ERROR: Server returned HTTP status ${status}`, body);
    }
  }
  const { message } = await errorOf(Response.json({ error: "no such database" }, { status: 404 }));
  assert.equal(message, "SERVER_ERROR: Server returned HTTP status 404: no such database");
});

Deno.test("batch: sends nothing to the address that a server redirects to", async () => {
  let calls = 0;
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  await using server = Deno.serve(options, ({ url }) => {
    calls++;
    const { pathname } = new URL(url);
    return new Response(
      null,
      pathname === "/elsewhere" ? {} : { status: 307, headers: { location: "/elsewhere" } },
    );
  });
  const client = connectToServer({ url: `http://127.0.0.1:${server.addr.port}` }, TIMEOUT_MS);
  await assert.rejects(
    client.batch(["SELECT 1"], "read"),
    (error) => error instanceof StoreUnavailable && error.code === "HTTP_307",
  );
  assert.equal(calls, 1);
});
