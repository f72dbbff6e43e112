import type { JSX } from "hono/jsx/jsx-runtime";
import type { FolderId } from "../../../domain/ids.ts";
import type { ListedTemplate, TemplatePage } from "../../../domain/ports/template_library.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { formatDate } from "../texts/dates.ts";

interface TemplateTableProps {
  readonly view: View;
  readonly service: Service;
  readonly page: TemplatePage;
  readonly mayChoose: boolean;
}

/** The templates of a page of the list. Those that may be chosen have a checkbox each. */
export function TemplateTable(
  { view, service, page, mayChoose }: TemplateTableProps,
): JSX.Element {
  const { templates: texts } = view.texts;
  const { time_zone: zone } = service.settings;
  const folders = new Map<FolderId, string>(page.folders.map(({ id, name }) => [id, name]));
  return (
    <table class="stacks">
      <thead>
        <tr>
          <th scope="col">{texts.name}</th>
          <th scope="col">{texts.channel}</th>
          <th scope="col">{texts.lastUsed}</th>
        </tr>
      </thead>
      <tbody>
        {page.templates.map((template) => (
          <tr key={template.id}>
            <th scope="row">
              <TemplateName
                view={view}
                service={service}
                template={template}
                folder={template.folderId === null ? undefined : folders.get(template.folderId)}
                mayChoose={mayChoose && template.registry === undefined}
              />
            </th>
            <td data-label={texts.channel}>
              <Tag>{texts.channels[template.channel]}</Tag>
            </td>
            <td data-label={texts.lastUsed} class="quiet">
              {template.lastUsedAt === undefined
                ? texts.never
                : formatDate(template.lastUsedAt, view.language, zone)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function TemplateName(
  { view, service, template, folder, mayChoose }: {
    readonly view: View;
    readonly service: Service;
    readonly template: ListedTemplate;
    readonly folder: string | undefined;
    readonly mayChoose: boolean;
  },
): JSX.Element {
  const { templates: texts } = view.texts;
  const { id, name, subject, registry } = template;
  const languages = registry?.languages ?? [];
  return (
    <div class="check">
      {mayChoose
        ? <input type="checkbox" name="chosen" value={id} aria-label={texts.choose(name)} />
        : null}
      <div>
        <a href={pathOf(PAGES.template, { service_id: service.id, template_id: id })} dir="auto">
          {name}
        </a>
        {subject === null ? null : <span class="hint" dir="auto">{subject}</span>}
        {folder === undefined ? null : <span class="hint" dir="auto">{folder}</span>}
        {registry === undefined ? null : (
          <span class="hint">
            {texts.registry}
            {languages.length === 0 ? "" : ` · ${texts.languages(languages.join(", "))}`}
          </span>
        )}
      </div>
    </div>
  );
}
