/** The pages of a service with many messages and templates, over HTTP. */
import { gzipSync } from "node:zlib";
import { PAGES, pathOf } from "../../../routes/web/pages.ts";
import { median } from "../measure.ts";
import { readCpu } from "../http/process_stats.ts";
import { type FilledService, fillService } from "./filled_service.ts";
import { type FirstPaint, measureFirstPaints } from "./first_paint.ts";
import { measureExport, measureListUpload, type PageFlow } from "./page_flows.ts";
import { cookieOf } from "./visitor.ts";
import { filtersOf, measurePages, type PageCost, pagesOf } from "./page_costs.ts";

const TEMPLATES = 1_000;
/** Messages of the service that the others are compared with. */
export const FEW_MESSAGES = 10_000;
/** Messages of the service of `--long`. */
export const MANY_MESSAGES = 1_000_000;

/** The costs of a page in each service. */
export type PageCosts = ReadonlyMap<string, readonly PageCost[]>;

/** What pages of services cost. */
export interface ServicePages {
  /** The number of messages of each service. */
  readonly sizes: readonly number[];
  readonly pages: PageCosts;
  /** The list of messages by its filters. */
  readonly filters: PageCosts;
  /** A preview of a template of {@link PREVIEWED_CHARACTERS}, in the last service. */
  readonly previewUs: number;
  /** In Chromium, if there is one. */
  readonly firstPaints: readonly FirstPaint[];
  /** An upload of a large list, in the last service, to the process that has served the pages; the reason when it failed. */
  readonly uploadAfterPages: PageFlow | Error;
  /** The same to a process that has just started. */
  readonly upload: PageFlow | Error;
  /** The download of every message of the last service, from a process that has just started. */
  readonly download: PageFlow | Error;
  /** The bytes of the largest first view, compressed, and its page. */
  readonly firstView: { readonly name: string; readonly bytes: number };
}

/** Fills a service of each size and measures its pages. */
export async function measureServicePages(sizes: readonly number[]): Promise<ServicePages> {
  await using stack = new AsyncDisposableStack();
  const services: FilledService[] = [];
  for (const messages of sizes) {
    services.push(stack.use(await fillService({ messages, templates: TEMPLATES })));
  }
  const [last] = services.slice(-1);
  if (last === undefined) throw new Error("no service");
  const ofPages = {
    sizes,
    pages: await measurePages(services, pagesOf),
    filters: await measurePages(services, filtersOf),
    previewUs: await measurePreview(last),
    firstPaints: await measureFirstPaints(last),
    firstView: await findLargestView(last),
    uploadAfterPages: await measureListUpload(last).catch(toError),
  };
  await last.restart();
  const upload = await measureListUpload(last).catch(toError);
  await last.restart();
  return { ...ofPages, upload, download: await measureExport(last).catch(toError) };
}

/** One flow that fails loses no figures of the others. */
function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** The length of the template that is previewed. */
export const PREVIEWED_CHARACTERS = 20_000;
const PARAGRAPH =
  "Dear ((name)), your appointment is on ((date)). Bring [the form](https://x.gov).\n\n";
const PREVIEWS = 10;
const PREVIEW_ROUNDS = 5;

async function measurePreview({ server, visitor, values }: FilledService): Promise<number> {
  const path = pathOf(PAGES.previewTemplate, values);
  const from = `${pathOf(PAGES.newTemplate, values)}?channel=email`;
  const body = PARAGRAPH.repeat(Math.ceil(PREVIEWED_CHARACTERS / PARAGRAPH.length));
  const fields = {
    channel: "email",
    syntax: "notify",
    name: "Long",
    subject: "Your ((date))",
    body,
  };
  const page = await visitor.client.get(from);
  const token = /name="csrf_token" value="([^"]*)"/.exec(page.text)?.[1] ?? "";
  const preview = async () => {
    const answer = await fetch(`${server.url}${path}`, {
      method: "POST",
      headers: { ...cookieOf(visitor.client), origin: server.url },
      body: new URLSearchParams({ ...fields, id: crypto.randomUUID(), csrf_token: token }),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`a preview answers ${answer.status}: ${text}`);
  };
  const rounds: number[] = [];
  for (let round = -PREVIEW_ROUNDS; round < PREVIEW_ROUNDS; round++) {
    const before = readCpu(server.pid).all;
    for (let n = 0; n < PREVIEWS; n++) await preview();
    if (round >= 0) rounds.push((readCpu(server.pid).all - before) / PREVIEWS);
  }
  return median(rounds);
}

/** The page whose first view has the most bytes: itself, its style sheet and its modules. */
async function findLargestView(service: FilledService): Promise<ServicePages["firstView"]> {
  const { client } = service.visitor;
  const views: { name: string; bytes: number }[] = [];
  for (const [name, path] of await pagesOf(service)) {
    const { text } = await client.get(path);
    const assets = new Set(
      [...text.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, found = ""]) => found),
    );
    const texts = await Promise.all(
      [...assets].map(async (asset) => (await client.get(asset)).text),
    );
    const bytes = [text, ...texts].reduce((sum, part) => sum + gzipSync(part).length, 0);
    views.push({ name, bytes });
  }
  const [largest] = views.toSorted((a, b) => b.bytes - a.bytes);
  if (largest === undefined) throw new Error("no pages");
  return largest;
}
