import type { Hono } from "hono";
import { createTemplateEditor } from "../../../application/templates/edit_template.ts";
import { parseTemplateId, type TemplateId } from "../../../domain/ids.ts";
import type { OpenedTemplate } from "../../../domain/ports/template_library.ts";
import type { Channel } from "../../../domain/service/service.ts";
import { TEMPLATE_SYNTAXES } from "../../../domain/template/syntax.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { actorOf, serviceOf, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { keptForm } from "../kept_fields.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { type Draft, openDraft, readValues } from "./draft.ts";
import { EditorPage } from "./editor_page.tsx";
import { PreviewPanel } from "./preview.tsx";
import { TriedValues } from "./tried_values.tsx";
import { templateIdOf } from "./template_routes.tsx";
import { answerTooLong, toTemplate } from "./new_template_routes.tsx";
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

/** Adds the editor of existing templates, and its preview. */
export function addEditorPages(app: Hono<WebEnv>, ports: WebPorts): void {
  app.get(PAGES.editTemplate.path, async (c) => {
    const opened = await openEdited(c, ports);
    const { template, senders } = opened;
    if (template.archived) return c.redirect(toTemplate(c, template.id), 303);
    if (template.body.length > MAX_EDITED_BODY) return await answerTooLong(c, template);
    const kept = keptForm();
    const typed = kept === undefined ? typedOf(template) : readTyped(kept, template);
    const draft = await openDraft(serviceOf(c), typed, kept && readValues(kept));
    // A kept form was opened with its own version: what others have saved since is shown when it is sent.
    const version = Number(kept?.text("version")) || template.version;
    return await answerEditor(c, ports, { opened, draft, senders, version });
  });
  app.post(PAGES.editTemplate.path, (c) => change(c, ports));
  app.post(PAGES.previewTemplate.path, async (c) => {
    const service = serviceOf(c);
    const draft = await readDraft(c);
    const { channel } = draft.typed;
    const senders = await ports.management.listSenders(service.id, channel);
    const { view } = c.var;
    return c.html(
      <>
        <PreviewPanel {...{ view, service, draft, senders, defaults: ports.senderDefaults }} />
        <TriedValues view={view} draft={draft} />
      </>,
    );
  });
  app.post(PAGES.previewMail.path, async (c) => {
    const { result } = await readDraft(c);
    return c.html(result.ok ? result.value.html ?? "" : "");
  });
  app.get(PAGES.templateMail.path, async (c) => {
    const { id } = serviceOf(c);
    const template = await ports.management.getTemplate(id, templateIdOf(c));
    if (template?.channel !== "email") throw new PageError(404);
    const { result } = await openDraft(serviceOf(c), typedOf(template));
    return c.html(result.ok ? result.value.html ?? "" : "");
  });
}

/** Reads the form of the editor as a draft, whatever its fields hold. */
async function readDraft(c: WebContext): Promise<Draft> {
  const form = await readForm(c, MAX_TEMPLATE_FORM_BYTES);
  const channel = channelOf(form.text("channel"));
  const syntax = TEMPLATE_SYNTAXES.find((one) => one === form.text("syntax"));
  if (channel === undefined || syntax === undefined) throw new PageError(403);
  return await openDraft(serviceOf(c), readTyped(form, { channel, syntax }), readValues(form));
}

function channelOf(text: string | undefined): Channel | undefined {
  return (["sms", "email", "inbox"] as const).find((channel) => channel === text);
}

/** The template that the address names, which must be one that people may edit here. */
async function openEdited(c: WebContext, { management }: WebPorts): Promise<OpenedTemplate> {
  const id = parseTemplateId(c.req.param("template_id"));
  const opened = id && await management.openTemplate(serviceOf(c).id, id);
  if (opened === undefined || opened.template.channel === "diia") throw new PageError(404);
  if (opened.isOfRegistry) throw new PageError(403);
  return opened;
}

interface EditorState {
  readonly opened: OpenedTemplate;
  readonly draft: Draft;
  readonly senders: OpenedTemplate["senders"];
  /** The version that the form was opened with. */
  readonly version: number;
  readonly faults?: readonly FormFault[];
  readonly conflict?: Parameters<typeof EditorPage>[0]["conflict"];
}

function answerEditor(
  c: WebContext,
  { senderDefaults }: WebPorts,
  { opened: { template }, draft, senders, version, faults = [], conflict }: EditorState,
) {
  const { channel, syntax } = draft.typed;
  const page = (
    <EditorPage
      view={c.var.view}
      service={serviceOf(c)}
      draft={draft}
      senders={senders}
      defaults={senderDefaults}
      template={template}
      hidden={{ version: String(version), channel, syntax }}
      faults={faults}
      conflict={conflict}
    />
  );
  const status = conflict !== undefined ? 409 : faults.length > 0 ? 422 : 200;
  return answerPage(c, page, status);
}

/** Saves a new version, or shows the editor with a preview, with what the form lacks, or with a newer version. */
async function change(c: WebContext, ports: WebPorts): Promise<Response> {
  const form = await readForm(c, MAX_TEMPLATE_FORM_BYTES);
  const opened = await openEdited(c, ports);
  const { template, senders } = opened;
  const { view } = c.var;
  const service = serviceOf(c);
  const typed = readTyped(form, template);
  const version = Number(form.text("version"));
  if (!Number.isSafeInteger(version) || version < 1) throw new PageError(403);
  const answer = async (
    state: Pick<EditorState, "faults" | "conflict"> = {},
    shownVersion = version,
  ) => {
    const draft = await openDraft(service, typed, readValues(form));
    return await answerEditor(c, ports, {
      opened,
      draft,
      senders,
      version: shownVersion,
      ...state,
    });
  };
  if (form.text("do") === "preview") return await answer();
  const faults = findFormFaults(typed, view.texts, view.language);
  if (faults.length > 0) return await answer({ faults });
  const editor = createTemplateEditor({ clock: ports.clock, store: ports.management });
  const { subject, ...content } = contentOf(typed);
  const saved = await editor.change(service.id, template, {
    channel: undefined,
    ...content,
    subject: subject ?? undefined,
    basedOn: version,
  }, actorOf(c));
  const page = `${toTemplate(c, template.id)}?saved=1`;
  if (saved.ok) return c.redirect(page, 303);
  const { refusal } = saved;
  if (refusal.kind === "invalid-field") {
    return await answer({ faults: [toFormFault(refusal, view.texts, view.language)] });
  }
  if (refusal.kind === "archived") {
    return await answer({ faults: [{ message: view.texts.editor.archivedMeanwhile }] });
  }
  if (refusal.kind !== "outdated") throw new PageError(404);
  const conflict = await openConflict(c, ports, template.id, version, typed);
  if (conflict === undefined) return c.redirect(page, 303);
  return await answer({ conflict }, conflict.theirs.version);
}

/**
 * Reads the version that the form was opened with and the newest one.
 *
 * @returns `undefined` when the newest is what was typed: the form was sent before
 */
async function openConflict(
  c: WebContext,
  { management }: WebPorts,
  id: TemplateId,
  version: number,
  mine: TypedTemplate,
): Promise<EditorState["conflict"]> {
  const { id: serviceId } = serviceOf(c);
  const newest = await management.openTemplate(serviceId, id, { version });
  if (newest === undefined) throw new PageError(404);
  const [base] = newest.versions;
  const { version: number } = newest.template;
  const [theirs] = (await management.openTemplate(serviceId, id, { version: number }))?.versions ??
    [];
  // A number that no version has was not the form's.
  if (theirs === undefined || base === undefined) throw new PageError(403);
  const { name, subject, body, unsubscribeLink, senderId } = contentOf(mine);
  const isSame = theirs.name === name && theirs.body === body &&
    (theirs.subject ?? null) === subject && theirs.unsubscribeLink === unsubscribeLink &&
    theirs.senderId === senderId;
  return isSame && number === version + 1 ? undefined : { base, theirs, mine };
}
