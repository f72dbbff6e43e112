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
  assert.deepEqual(await requestOf("http://a.example:8080/db/?authToken=t"), [
    "http://a.example:8080/db/v2/pipeline",
    token,
  ]);
});

Deno.test("connectToServer: throws for an address that is not valid, or has another parameter", () => {
  for (const url of ["http://a b", "libsql://", "https://a.example?token=t"]) {
    assert.throws(() => connectToServer({ url }, TIMEOUT_MS), TypeError, url);
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
