import type { JSX } from "hono/jsx/jsx-runtime";
import type { TemplateId } from "../../../domain/ids.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { VersionContent, VersionRecord } from "../../../domain/template/template_record.ts";
import { actorText } from "../audit/audit_page.tsx";
import { ErrorSummary, type FormFault } from "../components/error_summary.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";
import type { Texts } from "../texts/texts.ts";
import { Differences } from "./conflict.tsx";

/** Who wrote a version, in words. */
export function authorText(version: VersionRecord, texts: Texts): string {
  const { author, authorName } = version;
  if (author === undefined) return texts.template.unknown;
  return authorName ?? actorText({
    chain: "installation",
    sequence: 0,
    at: 0,
    action: "template-changed",
    actor: author,
    actorName: authorName,
  }, texts);
}

interface VersionPageProps {
  readonly view: View;
  readonly service: Service;
  readonly templateId: TemplateId;
  readonly version: VersionContent;
  /** The number of the newest version. */
  readonly newest: number;
  /** The version before; `undefined` for the first. */
  readonly before: VersionContent | undefined;
  readonly mayRestore: boolean;
  readonly faults?: readonly FormFault[];
}

/** What a version changed, and a button that restores it. */
export function VersionPage(props: VersionPageProps): JSX.Element {
  const { view, service, templateId, version, newest, before, mayRestore, faults = [] } = props;
  const { template: texts, shell } = view.texts;
  const ids = {
    service_id: service.id,
    template_id: templateId,
    version: String(version.version),
  };
  const title = texts.versionTitle(String(version.version));
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={`${title} – ${version.name}`}
      here="templates"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{title}</h1>
      <p class="hint">
        {formatTime(version.at, view.language, service.settings.time_zone)}
        {" · "}
        <bdi>{authorText(version, view.texts)}</bdi>
      </p>
      <p>
        {before === undefined ? texts.versionFirst : texts.versionLead(String(before.version))}
      </p>
      <section class="card" aria-label={texts.differences}>
        <Differences
          view={view}
          before={before ?? { name: "", subject: null, body: "" }}
          after={version}
          same={texts.versionSame}
        />
      </section>
      {mayRestore
        ? (
          <Form
            view={view}
            class="buttons"
            action={pathOf(PAGES.restoreVersion, ids)}
            hidden={{ newest: String(newest) }}
          >
            <SubmitButton>{texts.restoreVersion}</SubmitButton>
          </Form>
        )
        : null}
      <p>
        <a href={pathOf(PAGES.templateHistory, ids)}>{texts.history}</a>
      </p>
    </ServiceLayout>
  );
}
