import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import {
  createTemplateOrganiser,
  type FolderRefusal,
} from "../../../application/templates/organise_templates.ts";
import { parseFolderId } from "../../../domain/ids.ts";
import { nameFaultOf } from "../../../domain/service/one_line_name.ts";
import type { Service } from "../../../domain/service/service.ts";
import { MAX_TEMPLATE_FOLDERS } from "../../../domain/template/template_folders.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { actorOf, serviceOf, type View, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import type { Texts } from "../texts/texts.ts";
import { toList } from "./list_page.tsx";

interface FolderPageProps {
  readonly view: View;
  readonly service: Service;
  /** The name of the folder that is changed; `undefined` for a new one. */
  readonly folder: string | undefined;
  /** The id that a new folder will have: a form that is sent twice creates one. */
  readonly id: string;
  readonly name?: string;
  readonly faults?: readonly FormFault[];
}

/** Asks for the name of a folder, and offers to delete it. */
function FolderPage(
  { view, service, folder, id, name = folder, faults = [] }: FolderPageProps,
): JSX.Element {
  const { templates: texts, shell, fields } = view.texts;
  const title = folder === undefined ? texts.newFolder : texts.folderTitle(folder);
  const isNew = folder === undefined;
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={title}
      here="templates"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{title}</h1>
      <Form view={view} class="form card" hidden={isNew ? { id } : {}}>
        <Field
          name="name"
          label={texts.folderName}
          autocomplete="off"
          fault={messageOf(faults, "name")}
          faultPrefix={shell.errorPrefix}
          value={name}
        />
        <div class="buttons">
          <SubmitButton>{isNew ? texts.folderCreate : texts.folderRename}</SubmitButton>
          <a href={toList(service, isNew ? {} : { folder: id })}>{fields.cancel}</a>
        </div>
      </Form>
      {isNew ? null : (
        <Form view={view} class="form card">
          <p>{texts.folderDeleteText}</p>
          <div class="buttons">
            <SubmitButton kind="danger" name="do" value="delete">{texts.folderDelete}</SubmitButton>
          </div>
        </Form>
      )}
    </ServiceLayout>
  );
}

/** Adds the pages of a new folder and of one. */
export function addFolderPages(app: Hono<WebEnv>, { clock, management }: WebPorts): void {
  const organiser = createTemplateOrganiser({ clock, store: management });

  app.get(PAGES.newFolder.path, (c) => {
    const id = clock.newId();
    return answerPage(
      c,
      <FolderPage view={c.var.view} service={serviceOf(c)} folder={undefined} id={id} />,
    );
  });
  app.post(PAGES.newFolder.path, async (c) => {
    const form = await readForm(c);
    const service = serviceOf(c);
    const id = parseFolderId(form.text("id"));
    if (id === undefined) throw new PageError(403);
    const name = form.text("name").trim();
    const faults = faultsOf(name, c.var.view.texts);
    if (faults.length === 0) {
      const created = await organiser.createFolder(service.id, { id, name }, actorOf(c));
      if (created.ok) return c.redirect(toList(service, { folder: id }), 303);
      faults.push(toFault(created.refusal, c.var.view.texts));
    }
    const page = (
      <FolderPage
        view={c.var.view}
        service={service}
        folder={undefined}
        id={id}
        name={name}
        faults={faults}
      />
    );
    return answerPage(c, page, 422);
  });

  app.get(PAGES.folder.path, async (c) => {
    const { id, name } = await folderOf(c, management);
    const page = <FolderPage view={c.var.view} service={serviceOf(c)} folder={name} id={id} />;
    return answerPage(c, page);
  });
  app.post(PAGES.folder.path, async (c) => {
    const form = await readForm(c);
    const service = serviceOf(c);
    const folder = await folderOf(c, management);
    if (form.text("do") === "delete") {
      await organiser.deleteFolder(service.id, folder.id, actorOf(c));
      return c.redirect(toList(service), 303);
    }
    const name = form.text("name").trim();
    const faults = faultsOf(name, c.var.view.texts);
    if (faults.length === 0) {
      const renamed = await organiser.renameFolder(
        service.id,
        { id: folder.id, name },
        actorOf(c),
      );
      if (renamed.ok) return c.redirect(toList(service, { folder: folder.id }), 303);
      faults.push(toFault(renamed.refusal, c.var.view.texts));
    }
    const page = (
      <FolderPage
        view={c.var.view}
        service={service}
        folder={folder.name}
        id={folder.id}
        name={name}
        faults={faults}
      />
    );
    return answerPage(c, page, 422);
  });
}

/** The folder that the address names. @throws PageError 404 when there is none */
async function folderOf(c: WebContext, management: WebPorts["management"]) {
  const id = parseFolderId(c.req.param("folder_id"));
  const folders = await management.listFolders(serviceOf(c).id);
  const folder = folders.find((one) => one.id === id);
  if (folder === undefined) throw new PageError(404);
  return folder;
}

function faultsOf(name: string, { keys, templates }: Texts): FormFault[] {
  const fault = nameFaultOf(name);
  if (fault === undefined) return [];
  const messages = {
    missing: templates.folderMissing,
    "too-long": templates.folderTooLong,
    "not-one-line": templates.folderNotOneLine,
    invisible: keys.nameInvisible,
  };
  return [{ field: "name", message: messages[fault] }];
}

/** @throws PageError 404 when there is no such folder any more */
function toFault({ kind }: FolderRefusal, { templates }: Texts): FormFault {
  if (kind === "name-taken") return { field: "name", message: templates.folderTaken };
  if (kind === "too-many-folders") {
    return { message: templates.foldersFull(String(MAX_TEMPLATE_FOLDERS)) };
  }
  throw new PageError(404);
}
