import type { JSX } from "hono/jsx/jsx-runtime";
import type { Service } from "../../../domain/service/service.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";

interface TooLongPageProps {
  readonly view: View;
  readonly service: Service;
  readonly template: TemplateVersion;
}

/** Says that a template is longer than the editor's form can be. */
export function TooLongPage({ view, service, template }: TooLongPageProps): JSX.Element {
  const { editor } = view.texts;
  const ids = { service_id: service.id, template_id: template.id };
  return (
    <ServiceLayout view={view} service={service} title={editor.tooLongTitle} here="templates">
      <h1>{editor.tooLongTitle}</h1>
      <p>{editor.tooLongText}</p>
      <p>
        <a href={pathOf(PAGES.template, ids)} dir="auto">{template.name}</a>
      </p>
    </ServiceLayout>
  );
}
