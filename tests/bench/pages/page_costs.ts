/** The CPU of each page of a service that has many messages. */
import { PAGES, pathOf } from "../../../routes/web/pages.ts";
import { median } from "../measure.ts";
import { readCpu } from "../http/process_stats.ts";
import { waitUntilIdle } from "../http/servers.ts";
import { type FilledService, SEARCHED_NUMBER, searchedFor } from "./filled_service.ts";

/** The CPU of a page, in microseconds. */
export interface PageCost {
  readonly name: string;
  readonly cpuUs: number;
  readonly mainUs: number;
  readonly databaseUs: number;
  readonly bytes: number;
}

const WARM_UPS = 4;
const ROUNDS = 5;
const REQUESTS = 4;

/** Measures paths of several services in alternating rounds. @returns for each path its cost in each service */
export async function measurePages(
  services: readonly FilledService[],
  pathsOf: (filled: FilledService) => Promise<ReadonlyMap<string, string>>,
): Promise<ReadonlyMap<string, readonly PageCost[]>> {
  const paths = await Promise.all(services.map(pathsOf));
  const [names = new Map()] = paths;
  const costs = new Map<string, PageCost[]>();
  for (let n = 0; n < WARM_UPS; n++) {
    for (const name of names.keys()) {
      for (const [at, service] of services.entries()) {
        await get(service, paths[at]?.get(name) ?? "");
      }
    }
  }
  for (const service of services) await waitUntilIdle(service.server);
  for (const name of names.keys()) {
    const samples = services.map((): PageCost[] => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, service] of services.entries()) {
        samples[at]?.push(await measureOnce(name, service, paths[at]?.get(name) ?? ""));
      }
    }
    const of = (some: readonly PageCost[], key: "cpuUs" | "mainUs" | "databaseUs" | "bytes") =>
      median(some.map((sample) => sample[key]));
    costs.set(
      name,
      samples.map((some) => ({
        name,
        cpuUs: of(some, "cpuUs"),
        mainUs: of(some, "mainUs"),
        databaseUs: of(some, "databaseUs"),
        bytes: of(some, "bytes"),
      })),
    );
  }
  return costs;
}

async function measureOnce(name: string, service: FilledService, path: string): Promise<PageCost> {
  const { pid } = service.server;
  const before = readCpu(pid);
  let bytes = 0;
  for (let n = 0; n < REQUESTS; n++) bytes = (await get(service, path)).length;
  const after = readCpu(pid);
  return {
    name,
    cpuUs: (after.all - before.all) / REQUESTS,
    mainUs: (after.main - before.main) / REQUESTS,
    databaseUs: (after.database - before.database) / REQUESTS,
    bytes,
  };
}

async function get({ visitor }: FilledService, path: string): Promise<string> {
  const { status, text } = await visitor.client.get(path);
  if (status !== 200) throw new Error(`${path} answers ${status}`);
  return text;
}

/** The pages that a member sees of a service, by their names in the table of pages. */
export function pagesOf({ values }: FilledService): Promise<ReadonlyMap<string, string>> {
  const paths = Object.entries(PAGES).flatMap(([name, page]) => {
    const shows = page.methods.some((method) => method === "GET");
    const parameters = [...page.path.matchAll(/:([a-z_]+)/g)].map(([, parameter = ""]) =>
      parameter
    );
    const isKnown = parameters.every((parameter) => values[parameter] !== undefined);
    return shows && isKnown && !page.path.endsWith(".csv") && !UNSEEN.has(name)
      ? [[name, pathOf(page, values)] as const]
      : [];
  });
  return Promise.resolve(new Map(paths));
}

/** Pages that lead a signed-in person on, or show what the service does not have. */
const UNSEEN: ReadonlySet<string> = new Set([
  ...["home", "registerSent", "signIn", "signInCode", "signInNumber", "signInApp", "templateMail"],
]);

/** The list of messages by each of its filters, and by several at once. */
export async function filtersOf(filled: FilledService): Promise<ReadonlyMap<string, string>> {
  const { values, visitor } = filled;
  const path = pathOf(PAGES.messages, values);
  const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  const template = `template=${values["template_id"]}`;
  const key = `key=${values["key_id"]}`;
  const person = `person=${values["user_id"]}`;
  const list = `list=${values["job_id"]}`;
  const states = ["waiting", "under-way", "sent", "delivered", "failed", "cancelled", "expired"];
  const queries = [
    ...["", "channel=sms", "channel=email"],
    ...states.map((state) => `state=${state}`),
    ...["reason=unreachable", "reason=opted-out", "reason=no-report", template, key, person, list],
    ...[`from=${day(3)}&to=${day(2)}`, `from=${day(400)}&to=${day(300)}`],
    ...[`${template}&${key}`, `${template}&channel=email&state=cancelled`, `${key}&state=failed`],
    ...[`${key}&reason=unreachable`, `${person}&state=expired`, `${list}&state=failed`],
    ...["channel=email&state=delivered", `channel=sms&reason=opted-out&from=${day(3)}`],
    ...[`${template}&reason=no-report`, `state=waiting&from=${day(5)}&to=${day(4)}`],
  ];
  const searched = [
    ["search by recipient", await searchedFor(visitor, "recipient", SEARCHED_NUMBER)],
    ["search by reference", await searchedFor(visitor, "reference", "order 1234")],
    ["search without a match", await searchedFor(visitor, "recipient", "07900 900999")],
  ] as const;
  const named = (query: string) => query.replaceAll(/=[0-9a-f]{8}-[0-9a-f-]+/g, "=…");
  return new Map([
    ...queries.map((query) => [named(query), query === "" ? path : `${path}?${query}`] as const),
    ...searched.map(([name, search]) =>
      [name, `${path}?search=${encodeURIComponent(search)}`] as const
    ),
  ]);
}
