import type { Hono } from "hono";
import { createTemplateOrganiser } from "../../../application/templates/organise_templates.ts";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may } from "../../../domain/accounts/roles.ts";
import { parseFolderId, parseTemplateId, type TemplateId } from "../../../domain/ids.ts";
import type { TemplateListQuery } from "../../../domain/ports/template_library.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import { MAX_CHOSEN_TEMPLATES, MAX_SEARCH } from "../../../domain/template/template_folders.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { actorOf, serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { PAGES } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { type TemplateFilter, TemplateListPage, toList } from "./list_page.tsx";

/** How many templates a page of the list shows. */
const PAGE_TEMPLATES = 50;

/** Adds the list of a service's templates, and what is done with several of them. */
export function addTemplateListPages(app: Hono<WebEnv>, ports: WebPorts): void {
  app.get(PAGES.templates.path, (c) => answerList(c, ports, filterOf(c)));
  app.post(PAGES.chosenTemplates.path, (c) => changeChosen(c, ports));
}

function filterOf(c: WebContext): TemplateFilter {
  const { q = "", channel = "", state = "", folder = "" } = c.req.query();
  return {
    search: q.trim().slice(0, MAX_SEARCH),
    channel: CHANNELS.find((one) => one === channel) ?? "",
    state: state === "archived" ? state : "",
    folder: parseFolderId(folder) ?? "",
  };
}

/** What is listed. Without a search, templates in folders are listed in their folder only. */
function queryOf(c: WebContext, { search, channel, state, folder }: TemplateFilter) {
  const isArchived = state === "archived";
  const top = search === "" && !isArchived ? null : undefined;
  return {
    isArchived,
    folderId: parseFolderId(folder) ?? top,
    channel: CHANNELS.find((one) => one === channel),
    search: search === "" ? undefined : search,
    after: parseTemplateId(c.req.query("after")),
    before: parseTemplateId(c.req.query("before")),
    limit: PAGE_TEMPLATES + 1,
  } satisfies TemplateListQuery;
}

async function answerList(
  c: WebContext,
  { management }: WebPorts,
  filter: TemplateFilter,
  faults: readonly FormFault[] = [],
): Promise<Response> {
  const service = serviceOf(c);
  const query = queryOf(c, filter);
  const found = await management.listTemplatePage(service.id, query);
  const isBackwards = query.after === undefined && query.before !== undefined;
  const hasMore = found.templates.length > PAGE_TEMPLATES;
  const templates = isBackwards
    ? found.templates.slice(hasMore ? 1 : 0)
    : found.templates.slice(0, PAGE_TEMPLATES);
  const hasBefore = isBackwards ? hasMore : query.after !== undefined;
  const page = (
    <TemplateListPage
      view={c.var.view}
      service={service}
      page={{ ...found, templates }}
      filter={filter}
      before={hasBefore ? templates.at(0)?.id : undefined}
      after={isBackwards || hasMore ? templates.at(-1)?.id : undefined}
      mayChange={service.active && may(accessTo(sessionOf(c), service.id), "change-templates")}
      done={doneOf(c)}
      faults={faults}
    />
  );
  return await answerPage(c, page, faults.length === 0 ? 200 : 422);
}

/** What was done, by the address that the page was led to. */
function doneOf(c: WebContext): string | undefined {
  const { templates } = c.var.view.texts;
  const [moved, archived] = [c.req.query("moved"), c.req.query("archived")].map(Number);
  if (moved !== undefined && isCount(moved)) return templates.moved(moved);
  return archived !== undefined && isCount(archived) ? templates.archivedNow(archived) : undefined;
}

function isCount(number: number): boolean {
  return Number.isInteger(number) && number > 0 && number <= MAX_CHOSEN_TEMPLATES;
}

/** Moves or archives the chosen templates. */
async function changeChosen(c: WebContext, ports: WebPorts): Promise<Response> {
  const form = await readForm(c);
  const service = serviceOf(c);
  const { templates: texts } = c.var.view.texts;
  const filter = { search: "", channel: "", state: "", folder: form.text("folder") };
  const chosen = [...new Set(form.all("chosen").map(parseTemplateId))]
    .filter((id): id is TemplateId => id !== undefined);
  const refuse = (message: string) => answerList(c, ports, filter, [{ message }]);
  if (chosen.length === 0) return await refuse(texts.nothingChosen);
  if (chosen.length > MAX_CHOSEN_TEMPLATES) {
    return await refuse(texts.tooManyChosen(String(MAX_CHOSEN_TEMPLATES)));
  }
  const organiser = createTemplateOrganiser({ clock: ports.clock, store: ports.management });
  const back = toList(service, filter);
  const to = (done: string, count: number) =>
    c.redirect(`${back}${back.includes("?") ? "&" : "?"}${done}=${count}`, 303);
  if (form.text("do") === "archive") {
    const archived = await organiser.archive(service.id, chosen, actorOf(c));
    return to("archived", archived.length);
  }
  const folderId = parseFolderId(form.text("folder_id")) ?? null;
  const moved = await organiser.move(service.id, chosen, folderId, actorOf(c));
  return moved.ok ? to("moved", moved.value.length) : await refuse(texts.noFolderAny);
}
