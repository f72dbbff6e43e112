import { createClient, type InStatement } from "@libsql/client";
import { Hono } from "hono";
import { jwtVerify } from "jose";
import { z } from "zod";
import { groupCommit } from "../../adapters/libsql/connection/group_commit.ts";

/** The minimal work of such a service: see {@link openFloor}. */
export interface Floor {
  readonly app: Hono;
  close(): void;
}

const bodySchema = z.object({
  phone_number: z.string(),
  template_id: z.uuid(),
  personalisation: z.record(z.string(), z.unknown()).optional(),
  reference: z.string().nullable().optional(),
});

const encoder = new TextEncoder();

/**
 * Creates the floor: a Hono route, the token's signature by jose with an imported key, the body by zod, and one insert
 * of a row into a table with only its primary key, on disk (`synchronous=FULL`). Requests that come meanwhile share the
 * next commit.
 *
 * @param key the API key that callers sign with
 * @param rowBytes the size of the stored value
 */
export async function openFloor(
  file: string,
  { key, rowBytes }: { readonly key: string; readonly rowBytes: number },
): Promise<Floor> {
  const client = createClient({ url: `file:${file}`, concurrency: 1, timeout: 5_000 });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.execute("PRAGMA synchronous = FULL");
  await client.execute(
    `CREATE TABLE notifications (service_id TEXT NOT NULL, id TEXT NOT NULL,
      created_at INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (service_id, id))`,
  );
  const commit = groupCommit(async (items: readonly InStatement[]) => {
    const [only] = items;
    if (only !== undefined && items.length === 1) await client.execute(only);
    else await client.batch([...items], "write");
    return items.map(() => true);
  });
  const secret = await crypto.subtle.importKey(
    "raw",
    encoder.encode(key.slice(-36)),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  const data = crypto.getRandomValues(new Uint8Array(rowBytes));
  const app = new Hono();
  app.post("/v2/notifications/sms", async (c) => {
    const token = (c.req.header("authorization") ?? "").slice("Bearer ".length);
    const { payload } = await jwtVerify(token, secret, { algorithms: ["HS256"] });
    const body = bodySchema.parse(await c.req.json());
    const id = crypto.randomUUID();
    await commit({
      sql: "INSERT INTO notifications (service_id, id, created_at, data) VALUES (?, ?, ?, ?)",
      args: [payload.iss ?? "", id, Date.now(), data],
    });
    return c.json({ id, reference: body.reference, uri: new URL(`/${id}`, c.req.url) }, 201);
  });
  return { app, close: () => client.close() };
}
