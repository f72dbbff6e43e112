/** What a browser loads for the first view of a page. */
import { gzipSync } from "node:zlib";
import type { WebClient } from "./web_client.ts";

/** Returns the size of a page with its style sheets, scripts and icon, compressed together. */
export async function firstViewBytes(client: WebClient, html: string): Promise<number> {
  const paths = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
  const assets = await Promise.all(
    [...new Set(paths)].map(async (path) => (await client.get(path)).text),
  );
  return gzipSync([html, ...assets].join("")).length;
}
