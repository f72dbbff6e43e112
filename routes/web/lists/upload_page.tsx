import type { JSX } from "hono/jsx/jsx-runtime";
import type { Service } from "../../../domain/service/service.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { conditionNames } from "../../../domain/template/condition_names.ts";
import { neededColumns } from "../../../domain/jobs/list_draft.ts";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, FormToken, SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";

/** The rows of the field that cells are pasted into. */
const PASTE_ROWS = 6;

interface UploadPageProps {
  readonly view: View;
  readonly service: Service;
  readonly template: TemplateVersion;
  readonly pasted?: string;
  readonly faults?: readonly FormFault[];
}

/** Asks for a list: a file by button or drop, or cells pasted from a spreadsheet. */
export function UploadPage(
  { view, service, template, pasted, faults = [] }: UploadPageProps,
): JSX.Element {
  const { lists, shell } = view.texts;
  const title = lists.uploadTitle(template.name);
  const ids = { service_id: service.id, template_id: template.id };
  const conditions = conditionNames(template.parsed);
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={title}
      here="send"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1 dir="auto">{title}</h1>
      <p>{lists.uploadLead}</p>
      <section class="card" aria-labelledby="needed">
        <h2 id="needed">{lists.columnsNeeded}</h2>
        <ul>
          {neededColumns(template.parsed).map((name) => (
            <li key={name} dir="auto">{conditions.has(name) ? lists.condition(name) : name}</li>
          ))}
        </ul>
        <p>
          <a href={pathOf(PAGES.listExample, ids)}>{lists.example}</a>
        </p>
      </section>
      <FileForm view={view} faults={faults} />
      <Form view={view} class="form card">
        <h2>{lists.pasteTitle}</h2>
        <Field
          name="pasted"
          rows={PASTE_ROWS}
          label={lists.paste}
          hint={lists.pasteHint}
          autocomplete="off"
          spellcheck={false}
          fault={messageOf(faults, "pasted")}
          faultPrefix={shell.errorPrefix}
          value={pasted}
        />
        <div class="buttons">
          <SubmitButton kind="plain">{lists.pasteButton}</SubmitButton>
        </div>
      </Form>
    </ServiceLayout>
  );
}

/** The form of a file. The file is its last field: what precedes it is read before the file. */
function FileForm(
  { view, faults }: { readonly view: View; readonly faults: readonly FormFault[] },
): JSX.Element {
  const { lists, shell } = view.texts;
  const fault = messageOf(faults, "file");
  return (
    <form method="post" enctype="multipart/form-data" class="form card" novalidate>
      <FormToken view={view} />
      <details open={messageOf(faults, "encoding") !== undefined}>
        <summary>{lists.encoding}</summary>
        <Field
          name="encoding"
          label={lists.encodingLabel}
          hint={lists.encodingHint}
          autocomplete="off"
          spellcheck={false}
          class="short"
          fault={messageOf(faults, "encoding")}
          faultPrefix={shell.errorPrefix}
        />
      </details>
      <div class={fault === undefined ? "field" : "field wrong"}>
        <label for="file">{lists.file}</label>
        <div class="hint" id="file-hint">{lists.fileHint}</div>
        {fault === undefined ? null : (
          <p class="wrong-text" id="file-fault">
            <span class="unseen">{shell.errorPrefix}</span>
            {fault}
          </p>
        )}
        <input
          type="file"
          id="file"
          name="file"
          class="drop"
          accept=".csv,.tsv,.txt,.xlsx,.ods"
          aria-describedby={fault === undefined ? "file-hint" : "file-hint file-fault"}
          aria-invalid={fault === undefined ? undefined : "true"}
        />
      </div>
      <div class="buttons">
        <SubmitButton>{lists.upload}</SubmitButton>
      </div>
    </form>
  );
}
