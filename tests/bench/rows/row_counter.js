// A database in a Durable Object, which counts the rows that its SQLite reads and writes as they are billed: every entry of
// an index is a row. `counted_database.ts` starts it.
import { DurableObject } from "cloudflare:workers";

export class RowCounter extends DurableObject {
  #rows = { read: 0, written: 0 };

  async fetch(request) {
    if (request.method === "GET") {
      const rows = this.#rows;
      this.#rows = { read: 0, written: 0 };
      return Response.json(rows);
    }
    const statements = await request.json();
    try {
      const results = this.ctx.storage.transactionSync(() =>
        statements.map((statement) => this.#run(statement))
      );
      return Response.json(results);
    } catch (error) {
      return new Response(error.message, { status: 409 });
    }
  }

  #run({ sql, args }) {
    const cursor = this.ctx.storage.sql.exec(sql, ...args.map(fromJson));
    const rows = [...cursor.raw()].map((row) => row.map(toJson));
    this.#rows.read += cursor.rowsRead;
    this.#rows.written += cursor.rowsWritten;
    return { columns: cursor.columnNames, rows };
  }
}

const fromJson = (value) => value?.hex === undefined ? value : Uint8Array.fromHex(value.hex).buffer;
const toJson = (value) =>
  value instanceof ArrayBuffer ? { hex: new Uint8Array(value).toHex() } : value;

export default {
  fetch: (request, { ROWS }) => ROWS.get(ROWS.idFromName("rows")).fetch(request),
};
