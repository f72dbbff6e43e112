import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { createTemplateEditor } from "../../../application/templates/edit_template.ts";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may } from "../../../domain/accounts/roles.ts";
import type { ServiceId, TemplateId } from "../../../domain/ids.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { VersionRecord } from "../../../domain/template/template_record.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { Tag } from "../components/tag.tsx";
import {
  actorOf,
  serviceOf,
  sessionOf,
  type View,
  type WebContext,
  type WebEnv,
} from "../context.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";
import { templateIdOf } from "./template_routes.tsx";
import { authorText, VersionPage } from "./version_page.tsx";
import { toFormFault } from "./typed_template.ts";

/** How many versions a page of the history shows. */
const PAGE_VERSIONS = 50;

interface HistoryPageProps {
  readonly view: View;
  readonly service: Service;
  readonly templateId: TemplateId;
  readonly versions: readonly VersionRecord[];
  /** Whether the first of the versions is the newest. */
  readonly isFirstPage: boolean;
  /** The number from which the next page goes on; `undefined` on the last page. */
  readonly olderThan: number | undefined;
}

/** The versions of a template, newest first. */
function HistoryPage(props: HistoryPageProps): JSX.Element {
  const { view, service, templateId, versions, isFirstPage, olderThan } = props;
  const { template: texts } = view.texts;
  const ids = { service_id: service.id, template_id: templateId };
  const name = versions.at(0)?.name ?? "";
  const title = texts.historyTitle(name);
  return (
    <ServiceLayout view={view} service={service} title={title} here="templates">
      <h1>{title}</h1>
      <p>
        {texts.historyLead} <a href={pathOf(PAGES.template, ids)} dir="auto">{name}</a>
      </p>
      <div class="card">
        <table class="stacks">
          <thead>
            <tr>
              <th scope="col">{texts.versionTitle("")}</th>
              <th scope="col">{texts.when}</th>
              <th scope="col">{texts.who}</th>
              <th scope="col">{texts.differences}</th>
            </tr>
          </thead>
          <tbody>
            {versions.map((version, index) => (
              <tr key={version.version}>
                <th scope="row">
                  {texts.version(String(version.version))}{" "}
                  {isFirstPage && index === 0 ? <Tag kind="good">{texts.newest}</Tag> : null}
                </th>
                <td data-label={texts.when}>
                  {formatTime(version.at, view.language, service.settings.time_zone)}
                </td>
                <td data-label={texts.who}>
                  <bdi>{authorText(version, view.texts)}</bdi>
                </td>
                <td>
                  <a
                    href={pathOf(PAGES.templateVersion, {
                      ...ids,
                      version: String(version.version),
                    })}
                    aria-label={texts.differencesOf(String(version.version))}
                  >
                    {texts.differences}
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {olderThan === undefined ? null : (
        <p class="buttons">
          <a
            class="button plain"
            href={`${pathOf(PAGES.templateHistory, ids)}?older_than=${olderThan}`}
          >
            {texts.older}
          </a>
        </p>
      )}
    </ServiceLayout>
  );
}

/** Adds the pages of a template's history. */
export function addHistoryPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { management } = ports;

  app.get(PAGES.templateHistory.path, async (c) => {
    const service = serviceOf(c);
    const templateId = templateIdOf(c);
    const olderThan = versionOf(c.req.query("older_than"));
    const query = { olderThan, limit: PAGE_VERSIONS + 1 };
    const found = await management.listVersions(service.id, templateId, query);
    if (found.length === 0) throw new PageError(404);
    const versions = found.slice(0, PAGE_VERSIONS);
    const page = (
      <HistoryPage
        view={c.var.view}
        service={service}
        templateId={templateId}
        versions={versions}
        isFirstPage={olderThan === undefined}
        olderThan={found.length > PAGE_VERSIONS ? versions.at(-1)?.version : undefined}
      />
    );
    return answerPage(c, page);
  });

  app.get(PAGES.templateVersion.path, (c) => answerVersion(c, ports));

  app.post(PAGES.restoreVersion.path, async (c) => {
    const basedOn = versionOf((await readForm(c)).text("newest"));
    const service = serviceOf(c);
    const { view } = c.var;
    const version = versionOf(c.req.param("version"));
    const opened = await management.openTemplate(service.id, templateIdOf(c));
    if (opened === undefined || version === undefined) throw new PageError(404);
    const { template, isOfRegistry } = opened;
    if (isOfRegistry || template.channel === "diia" || basedOn === undefined) {
      throw new PageError(403);
    }
    const editor = createTemplateEditor({ clock: ports.clock, store: management });
    const earlier = { version, basedOn };
    const restored = await editor.restoreVersion(service.id, template, earlier, actorOf(c));
    const ids = { service_id: service.id, template_id: template.id };
    const done = `${pathOf(PAGES.template, ids)}?saved=1`;
    if (restored.ok) return c.redirect(done, 303);
    const { refusal } = restored;
    switch (refusal.kind) {
      case "invalid-field":
        return answerVersion(c, ports, [toFormFault(refusal, view.texts, view.language)]);
      case "archived":
        return answerVersion(c, ports, [{ message: view.texts.editor.archivedMeanwhile }]);
      case "outdated":
        return await isRestored(ports, ids, earlier)
          ? c.redirect(done, 303)
          : answerVersion(c, ports, [{ message: view.texts.editor.conflictTitle }]);
      default:
        throw new PageError(404);
    }
  });
}

/** Whether the version after the one that a form shows is the restored one: the form was sent before. */
async function isRestored(
  { management }: WebPorts,
  ids: { readonly service_id: ServiceId; readonly template_id: TemplateId },
  { version, basedOn }: { readonly version: number; readonly basedOn: number },
): Promise<boolean> {
  const read = (number: number) => management.getTemplate(ids.service_id, ids.template_id, number);
  const [wanted, next] = await Promise.all([read(version), read(basedOn + 1)]);
  return wanted !== undefined && next !== undefined &&
    wanted.name === next.name && wanted.subject === next.subject && wanted.body === next.body &&
    wanted.unsubscribeLink === next.unsubscribeLink && wanted.syntax === next.syntax;
}

async function answerVersion(
  c: WebContext,
  { management }: WebPorts,
  faults: readonly FormFault[] = [],
): Promise<Response> {
  const service = serviceOf(c);
  const templateId = templateIdOf(c);
  const number = versionOf(c.req.param("version"));
  if (number === undefined) throw new PageError(404);
  const opened = await management.openTemplate(service.id, templateId, { version: number });
  const [version, before] = opened?.versions ?? [];
  if (opened === undefined || version === undefined) throw new PageError(404);
  const { template, isOfRegistry } = opened;
  const isOld = version.version !== template.version && !template.archived;
  const page = (
    <VersionPage
      view={c.var.view}
      service={service}
      templateId={templateId}
      version={version}
      newest={template.version}
      before={before}
      mayRestore={isOld && !isOfRegistry && template.channel !== "diia" && service.active &&
        may(accessTo(sessionOf(c), service.id), "change-templates")}
      faults={faults}
    />
  );
  return await answerPage(c, page, faults.length === 0 ? 200 : 422);
}

/** The number of a version; `undefined` for another text. */
function versionOf(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}
