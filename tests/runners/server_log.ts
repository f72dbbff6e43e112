/** The log of a server. */
import { waitFor } from "../support/process.ts";
import type { HostedServer } from "./hosted.ts";

/** Returns the entries of the log, without their times: those of every request that was answered before, at least. */
export async function readLog(server: HostedServer): Promise<readonly unknown[]> {
  // Lines are written in the order of the answers, but later: the line of one more request is the last of them.
  const marker = await fetch(`${server.url}/v2/marker-of-the-log`);
  await marker.body?.cancel();
  const id = marker.headers.get("x-request-id") ?? "";
  const isMarker = (line: string) => line.includes(id);
  await waitFor("the line of a request", () => server.lines.some(isMarker));
  return server.lines.filter((line) => line.startsWith("{") && !isMarker(line)).map((line) => {
    const { at: _at, ...entry } = JSON.parse(line);
    return entry;
  });
}
