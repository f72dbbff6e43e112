import type { JSX } from "hono/jsx/jsx-runtime";
import type { Service } from "../../../domain/service/service.ts";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";

interface ArchivePageProps {
  readonly view: View;
  readonly service: Service;
  readonly typed?: string;
  readonly faults?: readonly FormFault[];
}

/** Asks for the name of the service before it is archived. */
export function ArchivePage(
  { view, service, typed, faults = [] }: ArchivePageProps,
): JSX.Element {
  const { settings: texts, fields, shell } = view.texts;
  const title = texts.archiveTitle(service.name);
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={texts.archive}
      here="settings"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{title}</h1>
      <p>{texts.archiveText}</p>
      <Form view={view} class="form card">
        <Field
          name="name"
          label={texts.archiveName}
          hint={texts.archiveNameHint(service.name)}
          autocomplete="off"
          spellcheck={false}
          fault={messageOf(faults, "name")}
          faultPrefix={shell.errorPrefix}
          value={typed}
        />
        <div class="buttons">
          <SubmitButton kind="danger">{texts.archive}</SubmitButton>
          <a href={pathOf(PAGES.settings, { service_id: service.id })}>{fields.cancel}</a>
        </div>
      </Form>
    </ServiceLayout>
  );
}
