import type { JSX } from "hono/jsx/jsx-runtime";
import type { TemplatePage } from "../../../domain/ports/template_library.ts";
import type { TemplateId } from "../../../domain/ids.ts";
import type { Service } from "../../../domain/service/service.ts";
import { ErrorSummary, type FormFault } from "../components/error_summary.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { Examples } from "./examples_list.tsx";
import { TemplateTable } from "./template_table.tsx";

/** What the list is filtered by; empty for everything. */
export interface TemplateFilter {
  readonly search: string;
  readonly channel: string;
  /** `archived` for archived templates. */
  readonly state: string;
  /** The id of a folder. */
  readonly folder: string;
}

/** Properties of {@link TemplateListPage}. */
export interface TemplateListProps {
  readonly view: View;
  readonly service: Service;
  readonly page: TemplatePage;
  readonly filter: TemplateFilter;
  /** The templates from which the neighbouring pages go on; `undefined` at either end. */
  readonly before: TemplateId | undefined;
  readonly after: TemplateId | undefined;
  readonly mayChange: boolean;
  /** What was done with the chosen templates. */
  readonly done?: string | undefined;
  readonly faults?: readonly FormFault[];
}

/** The templates of a service, in folders. */
export function TemplateListPage(props: TemplateListProps): JSX.Element {
  const { view, service, page, filter, mayChange, done, faults = [] } = props;
  const { templates: texts, shell } = view.texts;
  const ids = { service_id: service.id };
  const folder = page.folders.find(({ id }) => id === filter.folder);
  const title = folder === undefined ? texts.title : folder.name;
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={title}
      here="templates"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <div class="head">
        <h1 dir="auto">{title}</h1>
        {mayChange
          ? (
            <p class="buttons">
              <a class="button" href={toNew(props, "sms")}>{texts.create}</a>
              <a class="button plain" href={toNew(props, "email")}>{texts.createEmail}</a>
            </p>
          )
          : null}
      </div>
      {done === undefined ? null : (
        <Notice kind="good">
          <p>{done}</p>
        </Notice>
      )}
      {page.hasAny ? <Search {...props} /> : <p>{texts.lead}</p>}
      {page.hasAny || page.folders.length > 0 ? <Folders {...props} /> : null}
      {folder === undefined || !mayChange ? null : (
        <p>
          <a href={pathOf(PAGES.folder, { ...ids, folder_id: folder.id })}>{texts.folderEdit}</a>
        </p>
      )}
      {page.hasAny
        ? <Listed {...props} />
        : mayChange
        ? <Examples view={view} service={service} />
        : (
          <div class="card">
            <p class="quiet">{texts.noneHere}</p>
          </div>
        )}
    </ServiceLayout>
  );
}

function toNew({ service, filter }: TemplateListProps, channel: string): string {
  const query = new URLSearchParams({ channel });
  if (filter.folder !== "") query.set("folder", filter.folder);
  return `${pathOf(PAGES.newTemplate, { service_id: service.id })}?${query}`;
}

/** The address of the list with a filter; empty fields are left out. */
export function toList(service: Service, filter: Partial<TemplateFilter> = {}): string {
  const { search = "", channel = "", state = "", folder = "" } = filter;
  const query = new URLSearchParams(
    Object.entries({ q: search, channel, state, folder }).filter(([, value]) => value !== ""),
  );
  const path = pathOf(PAGES.templates, { service_id: service.id });
  return query.size === 0 ? path : `${path}?${query}`;
}

function Search({ view, filter }: TemplateListProps): JSX.Element {
  const { templates: texts } = view.texts;
  return (
    <form method="get" class="filter card" role="search">
      {filter.folder === "" ? null : <input type="hidden" name="folder" value={filter.folder} />}
      <div class="field">
        <label for="q">{texts.search}</label>
        <input
          type="search"
          id="q"
          name="q"
          value={filter.search}
          placeholder={texts.searchHint}
        />
      </div>
      <div class="field">
        <label for="channel">{texts.channel}</label>
        <select id="channel" name="channel">
          <option value="">{texts.everyChannel}</option>
          {Object.entries(texts.channels).map(([channel, label]) => (
            <option key={channel} value={channel} selected={channel === filter.channel}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="state">{texts.state}</label>
        <select id="state" name="state">
          <option value="">{texts.inUse}</option>
          <option value="archived" selected={filter.state === "archived"}>{texts.archived}</option>
        </select>
      </div>
      <button type="submit" class="button plain">{texts.show}</button>
    </form>
  );
}

function Folders({ view, service, page, filter, mayChange }: TemplateListProps): JSX.Element {
  const { templates: texts } = view.texts;
  const ids = { service_id: service.id };
  return (
    <nav aria-label={texts.folders}>
      <ul class="folders">
        {filter.folder === "" ? null : (
          <li>
            <a href={toList(service)}>{`← ${texts.all}`}</a>
          </li>
        )}
        {page.folders.map(({ id, name, templates }) => (
          <li key={id}>
            <a
              href={toList(service, { folder: id })}
              aria-current={id === filter.folder ? "page" : undefined}
            >
              <bdi>{name}</bdi> <span class="quiet">{texts.count(templates)}</span>
            </a>
          </li>
        ))}
        {mayChange
          ? (
            <li>
              <a href={pathOf(PAGES.newFolder, ids)}>{texts.newFolder}</a>
            </li>
          )
          : null}
      </ul>
    </nav>
  );
}

function Listed(props: TemplateListProps): JSX.Element {
  const { view, service, page, filter, before, after, mayChange } = props;
  const { templates: texts } = view.texts;
  const isFiltered = filter.search !== "" || filter.channel !== "" || filter.state !== "";
  if (page.templates.length === 0) {
    return (
      <div class="card">
        <p class="quiet">{isFiltered ? texts.noneFound : texts.noneHere}</p>
      </div>
    );
  }
  const mayChoose = mayChange && filter.state !== "archived";
  const ids = { service_id: service.id };
  return (
    <>
      {mayChoose
        ? (
          <Form
            view={view}
            class="card"
            action={pathOf(PAGES.chosenTemplates, ids)}
            hidden={{ folder: filter.folder }}
          >
            <TemplateTable {...props} mayChoose />
            <Chosen {...props} />
          </Form>
        )
        : (
          <div class="card">
            <TemplateTable {...props} mayChoose={false} />
          </div>
        )}
      <Neighbours view={view} service={service} filter={filter} before={before} after={after} />
    </>
  );
}

/** What can be done with the chosen templates. */
function Chosen({ view, page }: TemplateListProps): JSX.Element {
  const { templates: texts } = view.texts;
  return (
    <fieldset class="field">
      <legend>{texts.chosen}</legend>
      <div class="buttons chosen">
        {page.folders.length === 0 ? null : (
          <>
            <label for="folder_id" class="unseen">{texts.moveTo}</label>
            <select id="folder_id" name="folder_id">
              <option value="">{texts.noFolder}</option>
              {page.folders.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
            </select>
            <SubmitButton kind="plain" name="do" value="move">{texts.move}</SubmitButton>
          </>
        )}
        <SubmitButton kind="plain" name="do" value="archive">{texts.archive}</SubmitButton>
      </div>
    </fieldset>
  );
}

function Neighbours(
  { view, service, filter, before, after }: Pick<
    TemplateListProps,
    "view" | "service" | "filter" | "before" | "after"
  >,
): JSX.Element | null {
  const { templates: texts } = view.texts;
  if (before === undefined && after === undefined) return null;
  const link = (field: string, id: string) => {
    const list = toList(service, filter);
    return `${list}${list.includes("?") ? "&" : "?"}${field}=${id}`;
  };
  return (
    <nav class="buttons" aria-label={texts.pages}>
      {before === undefined
        ? null
        : <a class="button plain" rel="prev" href={link("before", before)}>{texts.previous}</a>}
      {after === undefined
        ? null
        : <a class="button plain" rel="next" href={link("after", after)}>{texts.next}</a>}
    </nav>
  );
}
