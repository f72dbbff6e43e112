import type { Hono } from "hono";
import type { ListContext, ListDrafts } from "../../../application/jobs/list_drafts.ts";
import { writeCsvLine } from "../../../domain/csv/write_line.ts";
import { parseListDraftId, parseTemplateId } from "../../../domain/ids.ts";
import { type ListDraft, neededColumns, stepOf } from "../../../domain/jobs/list_draft.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { seesRecipients } from "../messages/routes.tsx";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { CheckPage } from "./check_page.tsx";
import { ColumnsPage } from "./columns_page.tsx";
import { EMPTY_START, readStart, type TypedStart } from "./list_start.ts";
import { explain, refusalFaultOf } from "./list_faults.ts";
import { openList } from "./list_upload.ts";
import { optionsOf, readColumns } from "./list_options.ts";
import { RowsPage } from "./rows_page.tsx";
import { UploadPage } from "./upload_page.tsx";

/** Adds the pages on which a person uploads, checks and sends a list. */
export function addListPages(app: Hono<WebEnv>, ports: WebPorts): void {
  app.get(PAGES.sendList.path, async (c) => {
    const { template } = await loadTemplate(c, ports, c.req.param("template_id"));
    const service = serviceOf(c);
    return answerPage(c, <UploadPage view={c.var.view} service={service} template={template} />);
  });
  app.post(PAGES.sendList.path, (c) => upload(c, ports));

  app.get(PAGES.listExample.path, async (c) => {
    const { template } = await loadTemplate(c, ports, c.req.param("template_id"));
    c.header("Content-Type", "text/csv; charset=utf-8");
    c.header("Content-Disposition", 'attachment; filename="example.csv"');
    // The byte order mark tells a spreadsheet that it is UTF-8.
    return c.body(`\uFEFF${writeCsvLine(neededColumns(template.parsed))}`);
  });

  app.get(PAGES.listDraft.path, async (c) => {
    const found = await loadDraft(c, ports);
    return found instanceof Response ? found : await showDraft(c, ports, found);
  });
  app.post(PAGES.listDraft.path, (c) => changeDraft(c, ports));

  app.get(PAGES.listErrors.path, async (c) => {
    const found = await loadDraft(c, ports);
    if (found instanceof Response) return found;
    const { lists, draft } = found;
    const { texts } = c.var.view;
    const { context } = await loadTemplate(c, ports, draft.templateId);
    c.header("Content-Type", "text/csv; charset=utf-8");
    c.header("Content-Disposition", 'attachment; filename="errors.csv"');
    return c.body(lists.badRows(context, draft, {
      heading: texts.lists.whyHeading,
      explain: (error) => explain(error, c.var.view),
    }));
  });
}

/** A list with the use cases of lists. */
interface LoadedDraft {
  readonly lists: ListDrafts;
  readonly draft: ListDraft;
}

/** A template that can be sent, with its service. */
interface LoadedTemplate {
  readonly context: ListContext;
  readonly template: TemplateVersion;
}

/** @returns `undefined` when the service has no such template, or it is archived */
async function findTemplate(
  c: WebContext,
  { contexts }: Pick<WebPorts, "contexts">,
  templateId: string | undefined,
): Promise<LoadedTemplate | undefined> {
  const id = parseTemplateId(templateId);
  const context = id &&
    await contexts.load(serviceOf(c).id, { fresh: true, template: { by: "id", id } });
  const template = context?.template;
  if (context === undefined || template === undefined || template.archived) return undefined;
  return { context: { ...context, hidesSuppressions: !seesRecipients(c) }, template };
}

/** @throws PageError 404 when the service has no such template, or it is archived */
async function loadTemplate(
  c: WebContext,
  ports: Pick<WebPorts, "contexts">,
  templateId: string | undefined,
): Promise<LoadedTemplate> {
  const found = await findTemplate(c, ports, templateId);
  if (found === undefined) throw new PageError(404);
  return found;
}

/**
 * Loads the list of the address, or leads on to the job that was made of it.
 *
 * @throws PageError 404 when there is none, or it is another person's
 */
async function loadDraft(c: WebContext, ports: WebPorts): Promise<LoadedDraft | Response> {
  const id = parseListDraftId(c.req.param("draft_id"));
  const lists = await ports.loadLists();
  const { id: serviceId } = serviceOf(c);
  const found = id && await lists.get(serviceId, id, sessionOf(c).user.id);
  if (found === undefined) throw new PageError(404);
  return found.jobId === undefined
    ? { lists, draft: found.draft }
    : c.redirect(pathOf(PAGES.list, { service_id: serviceId, job_id: found.jobId }), 303);
}

async function upload(c: WebContext, ports: WebPorts): Promise<Response> {
  const service = serviceOf(c);
  const { view } = c.var;
  const { context, template } = await loadTemplate(c, ports, c.req.param("template_id"));
  const show = (fault: FormFault) =>
    answerPage(
      c,
      <UploadPage view={view} service={service} template={template} faults={[fault]} />,
      422,
    );
  const source = await openList(c, ports.readSheet);
  if (!source.ok) return await show(source.refusal);
  const lists = await ports.loadLists();
  const list = { context, templateId: template.id, authorId: sessionOf(c).user.id };
  const draft = await lists.upload(list, source.value, c.req.raw.signal);
  return draft.ok
    ? c.redirect(pathOfDraft(draft.value), 303)
    : await show(refusalFaultOf(draft.refusal, view));
}

function pathOfDraft({ serviceId, id }: ListDraft): string {
  return pathOf(PAGES.listDraft, { service_id: serviceId, draft_id: id });
}

/** What is shown of a list beside itself. */
interface Shown {
  readonly start?: TypedStart;
  readonly faults?: readonly FormFault[];
}

/** Shows the step of a list that comes next, or the columns when the address asks for them. */
async function showDraft(
  c: WebContext,
  ports: WebPorts,
  { lists, draft }: LoadedDraft,
  { start = EMPTY_START, faults = [] }: Shown = {},
): Promise<Response> {
  const props = { view: c.var.view, service: serviceOf(c), draft, faults };
  const status = faults.length > 0 ? 422 : 200;
  const step = c.req.query("step") === "columns" ? "columns" : stepOf(draft);
  if (step === "columns") {
    const { template } = await loadTemplate(c, ports, draft.templateId);
    return await answerPage(c, <ColumnsPage {...props} template={template.parsed} />, status);
  }
  if (step === "rows") return await answerPage(c, <RowsPage {...props} />, status);
  const typed = c.req.query("row");
  const row = Number(typed);
  const looked = typed === undefined || !Number.isSafeInteger(row)
    ? undefined
    : await lists.findRow(
      (await loadTemplate(c, ports, draft.templateId)).context,
      draft,
      row,
    );
  const page = (
    <CheckPage
      {...props}
      now={ports.clock.now()}
      start={start}
      look={typed === undefined ? undefined : { row: typed, found: looked }}
    />
  );
  return await answerPage(c, page, status);
}

/** Changes what a list's form says, or sends it. */
async function changeDraft(c: WebContext, ports: WebPorts): Promise<Response> {
  const form = await readForm(c);
  const loaded = await loadDraft(c, ports);
  if (loaded instanceof Response) return loaded;
  const { lists, draft } = loaded;
  const { view } = c.var;
  const found = await findTemplate(c, ports, draft.templateId);
  if (found === undefined) {
    const faults = [{ message: view.texts.send.faults.archived }];
    return await showDraft(c, ports, loaded, { faults });
  }
  const { context, template } = found;
  const { signal } = c.req.raw;
  if (form.text("action") === "send") {
    const start = readStart(form, serviceOf(c).settings.time_zone, ports.clock.now(), view.texts);
    const { faults, at } = start;
    const isLetterUnsure = draft.check.report.warnings.length > 0 && form.text("letters") !== "yes";
    if (isLetterUnsure) faults.push({ field: "letters", message: view.texts.lists.confirmLetters });
    if (faults.length > 0) return await showDraft(c, ports, loaded, { start: start.typed, faults });
    const confirmed = {
      ...draft,
      options: { ...draft.options, encodingConfirmed: form.text("letters") === "yes" },
    };
    const sent = await lists.send(context, confirmed, at, signal);
    if (sent.ok) {
      const ids = { service_id: draft.serviceId, job_id: sent.value.job.id };
      return c.redirect(pathOf(PAGES.list, ids), 303);
    }
    // The rows may be other ones by now: the page shows them as they are.
    const again = await lists.change(context, draft, draft.options, signal);
    const fault = refusalFaultOf(sent.refusal, view);
    const current = again.ok ? { lists, draft: again.value } : loaded;
    return await showDraft(c, ports, current, { start: start.typed, faults: [fault] });
  }
  const columns = readColumns(form, draft, view.texts);
  if (columns.faults.length > 0) {
    return await answerPage(
      c,
      <ColumnsPage
        view={view}
        service={serviceOf(c)}
        draft={draft}
        template={template.parsed}
        chosen={columns.chosen}
        faults={columns.faults}
      />,
      422,
    );
  }
  const changed = await lists.change(
    context,
    draft,
    optionsOf(form, draft, columns.columns),
    signal,
  );
  return changed.ok
    ? c.redirect(pathOfDraft(draft), 303)
    : await showDraft(c, ports, loaded, { faults: [refusalFaultOf(changed.refusal, view)] });
}
