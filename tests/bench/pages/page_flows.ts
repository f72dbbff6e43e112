/** A list that is uploaded through its page, and the download of every message: what they take, and a page meanwhile. */
import { PAGES, pathOf } from "../../../routes/web/pages.ts";
import { readMemory, resetPeakMemory } from "../http/process_stats.ts";
import type { FilledService } from "./filled_service.ts";
import { cookieOf } from "./visitor.ts";

/** What one of them takes. */
export interface PageFlow {
  readonly rows: number;
  readonly seconds: number;
  /** The most memory of the server meanwhile. */
  readonly peakMb: number;
  /** The longest answer of another page meanwhile, in milliseconds. */
  readonly pageMs: number;
}

/** The rows of the list. */
export const LIST_ROWS = 100_000;
/** Between two requests of the page that is asked for meanwhile. */
const PAGE_EVERY_MS = 100;

/** Uploads a list of {@link LIST_ROWS} through the form, until its check is shown. */
export async function measureListUpload(service: FilledService): Promise<PageFlow> {
  const { server, visitor, values } = service;
  const path = pathOf(PAGES.sendList, values);
  const page = await visitor.client.get(path);
  const form = new FormData();
  form.set("csrf_token", /name="csrf_token" value="([^"]*)"/.exec(page.text)?.[1] ?? "");
  form.set("file", new File([listOf(LIST_ROWS)], "people.csv"));
  return await measure(service, async () => {
    const answer = await fetch(`${server.url}${path}`, {
      method: "POST",
      redirect: "manual",
      headers: { ...cookieOf(visitor.client), origin: server.url },
      body: form,
    });
    await answer.body?.cancel();
    if (answer.status !== 303) throw new Error(`an upload answers ${answer.status}`);
    const check = await visitor.client.get(answer.headers.get("location") ?? "");
    if (check.status !== 200) throw new Error(`a checked list answers ${check.status}`);
    return LIST_ROWS;
  });
}

/** Downloads every message of the service. */
export async function measureExport(service: FilledService): Promise<PageFlow> {
  const { server, visitor, values } = service;
  return await measure(service, async () => {
    const answer = await fetch(`${server.url}${pathOf(PAGES.messagesCsv, values)}`, {
      headers: cookieOf(visitor.client),
    });
    if (answer.status !== 200) throw new Error(`an export answers ${answer.status}`);
    let lines = 0;
    for await (const chunk of answer.body ?? []) {
      for (const byte of chunk) if (byte === NEW_LINE) lines++;
    }
    // Without the headings.
    return lines - 1;
  });
}

const NEW_LINE = 10;

/** @param run returns how many rows it took */
async function measure(service: FilledService, run: () => Promise<number>): Promise<PageFlow> {
  const { server, visitor, values } = service;
  const other = pathOf(PAGES.templates, values);
  resetPeakMemory(server.pid);
  const stop = new AbortController();
  const startedAt = performance.now();
  const [{ rows, seconds }, pageMs] = await Promise.all([
    run().finally(() => stop.abort())
      .then((rows) => ({ rows, seconds: (performance.now() - startedAt) / 1000 })),
    askAgain(async () => void await visitor.client.get(other), stop.signal),
  ]);
  return { rows, seconds, peakMb: readMemory(server.pid).peakMb, pageMs };
}

/** Asks for a page again and again. @returns the longest answer, in milliseconds */
async function askAgain(ask: () => Promise<void>, signal: AbortSignal): Promise<number> {
  let longestMs = 0;
  while (!signal.aborted) {
    const askedAt = performance.now();
    await ask();
    longestMs = Math.max(longestMs, performance.now() - askedAt);
    await new Promise((resolve) => setTimeout(resolve, PAGE_EVERY_MS));
  }
  return longestMs;
}

function listOf(rows: number): string {
  const lines = ["phone number,name,date"];
  for (let row = 0; row < rows; row++) {
    lines.push(`07900${String(100_000 + row)},Ann Example ${row},1 January at 10:30am`);
  }
  return `${lines.join("\r\n")}\r\n`;
}
