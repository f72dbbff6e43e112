import type { Hono } from "hono";
import { createTemplateEditor } from "../../../application/templates/edit_template.ts";
import { parseFolderId, parseTemplateId, type TemplateId } from "../../../domain/ids.ts";
import { TEMPLATE_SYNTAXES } from "../../../domain/template/syntax.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { actorOf, serviceOf, type WebContext, type WebEnv } from "../context.ts";
import { type Form, readForm } from "../forms.ts";
import { keptForm } from "../kept_fields.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { openDraft, readValues } from "./draft.ts";
import { EditorPage } from "./editor_page.tsx";
import { EXAMPLES } from "./examples.ts";
import { TooLongPage } from "./too_long_page.tsx";
import {
  contentOf,
  findFormFaults,
  MAX_EDITED_BODY,
  MAX_TEMPLATE_FORM_BYTES,
  readTyped,
  toFormFault,
  typedOf,
  type TypedTemplate,
} from "./typed_template.ts";

/** The channels whose templates people write. */
const WRITTEN_CHANNELS = ["sms", "email"] as const;

/** Adds the editor of new templates. */
export function addNewTemplatePage(app: Hono<WebEnv>, ports: WebPorts): void {
  app.get(PAGES.newTemplate.path, (c) => showNew(c, ports));
  app.post(PAGES.newTemplate.path, (c) => create(c, ports));
}

/** Shows the editor of a new template: empty, with an example, or with a copy. */
async function showNew(c: WebContext, ports: WebPorts): Promise<Response> {
  const service = serviceOf(c);
  const kept = keptForm();
  if (kept !== undefined) return await showTyped(c, ports, kept);
  const copied = parseTemplateId(c.req.query("copy_of"));
  const example = EXAMPLES[c.var.view.language].find(({ key }) => key === c.req.query("example"));
  let typed: TypedTemplate | undefined = example?.typed;
  if (copied !== undefined) {
    const template = await ports.management.getTemplate(service.id, copied);
    if (template === undefined || template.channel === "diia" || template.channel === "inbox") {
      throw new PageError(404);
    }
    if (template.body.length > MAX_EDITED_BODY) {
      return await answerTooLong(c, template);
    }
    typed = typedOf(template);
  }
  const channel = WRITTEN_CHANNELS.find((one) => one === c.req.query("channel")) ?? "sms";
  typed ??= {
    channel,
    syntax: "notify",
    name: "",
    subject: "",
    body: "",
    unsubscribeLink: false,
    senderId: "",
  };
  return await answerNew(c, ports, typed, {
    id: ports.clock.newId(),
    folder_id: parseFolderId(c.req.query("folder")),
  }, {});
}

async function answerNew(
  c: WebContext,
  ports: WebPorts,
  typed: TypedTemplate,
  hidden: Readonly<Record<string, string | undefined>>,
  tried: Readonly<Record<string, string>>,
  faults: readonly FormFault[] = [],
): Promise<Response> {
  const { channel, syntax } = typed;
  const service = serviceOf(c);
  const [draft, senders] = await Promise.all([
    openDraft(service, typed, tried),
    ports.management.listSenders(service.id, channel),
  ]);
  const page = (
    <EditorPage
      view={c.var.view}
      service={service}
      draft={draft}
      senders={senders}
      defaults={ports.senderDefaults}
      template={undefined}
      hidden={{ ...hidden, channel, syntax }}
      faults={faults}
    />
  );
  return await answerPage(c, page, faults.length === 0 ? 200 : 422);
}

/** Reads the form of a new template. @throws PageError 403 for a form that no page has */
function readNew(form: Form) {
  const id = parseTemplateId(form.text("id"));
  const channel = WRITTEN_CHANNELS.find((one) => one === form.text("channel"));
  const syntax = TEMPLATE_SYNTAXES.find((one) => one === form.text("syntax"));
  if (id === undefined || channel === undefined || syntax === undefined) throw new PageError(403);
  const folderId = parseFolderId(form.text("folder_id")) ?? null;
  const hidden = { id, folder_id: folderId ?? undefined };
  return { id, channel, folderId, hidden, typed: readTyped(form, { channel, syntax }) };
}

/** Shows the editor with what was typed. */
async function showTyped(
  c: WebContext,
  ports: WebPorts,
  form: Form,
  faults: readonly FormFault[] = [],
): Promise<Response> {
  const { typed, hidden } = readNew(form);
  return await answerNew(c, ports, typed, hidden, readValues(form), faults);
}

/** Creates a template, or shows the editor with a preview or with what the form lacks. */
async function create(c: WebContext, ports: WebPorts): Promise<Response> {
  const form = await readForm(c, MAX_TEMPLATE_FORM_BYTES);
  const { view } = c.var;
  const service = serviceOf(c);
  const { id, channel, folderId, typed } = readNew(form);
  const answer = (faults?: readonly FormFault[]) => showTyped(c, ports, form, faults);
  if (form.text("do") === "preview") return await answer();
  const faults = findFormFaults(typed, view.texts, view.language);
  if (faults.length > 0) return await answer(faults);
  const editor = createTemplateEditor({ clock: ports.clock, store: ports.management });
  const template = { id, channel, folderId, ...contentOf(typed) };
  const created = await editor.create(service.id, template, actorOf(c));
  const page = toTemplate(c, id);
  if (created.ok) return c.redirect(`${page}?saved=1`, 303);
  const { refusal } = created;
  switch (refusal.kind) {
    case "invalid-field":
      return await answer([toFormFault(refusal, view.texts, view.language)]);
    case "id-taken":
      // The form was sent before.
      return c.redirect(page, 303);
    case "no-such-folder":
      return await answer([{ message: view.texts.templates.noFolderAny }]);
    default:
      throw new PageError(404);
  }
}

/** The address of the page of a template. */
export function toTemplate(c: WebContext, id: TemplateId): string {
  return pathOf(PAGES.template, { service_id: serviceOf(c).id, template_id: id });
}

/** Says that a template is too long for the editor. */
export function answerTooLong(c: WebContext, template: TemplateVersion) {
  const page = <TooLongPage view={c.var.view} service={serviceOf(c)} template={template} />;
  return answerPage(c, page);
}
