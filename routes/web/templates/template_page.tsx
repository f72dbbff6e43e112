import type { JSX } from "hono/jsx/jsx-runtime";
import type { TemplateUse } from "../../../domain/ports/template_library.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { CopyBlock } from "../components/copy_block.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { MailboxNote } from "../components/mailbox_note.tsx";
import { Notice } from "../components/notice.tsx";
import { Tag } from "../components/tag.tsx";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatDate } from "../texts/dates.ts";
import { numberFormat } from "../texts/plural.ts";
import { PreviewPanel, type PreviewProps } from "./preview.tsx";
import { templateCall } from "./sample_call.ts";

/** Properties of {@link TemplatePage}. */
export interface TemplatePageProps extends PreviewProps {
  readonly template: TemplateVersion;
  readonly isOfRegistry: boolean;
  readonly use: readonly TemplateUse[];
  readonly mayChange: boolean;
  readonly maySend: boolean;
  /** The server's URL, ending in a slash. */
  readonly root: string;
  /** What was done before the page was opened. */
  readonly done?: "saved" | "tested" | undefined;
}

/** A template: how it looks, what can be done with it, and how often it is used. */
export function TemplatePage(props: TemplatePageProps): JSX.Element {
  const { view, service, template, isOfRegistry, done, root } = props;
  const { template: texts, templates } = view.texts;
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={template.name}
      here="templates"
      scripts={["copy"]}
    >
      <div class="head">
        <h1 dir="auto">{template.name}</h1>
        <p class="buttons">
          <Tag>{templates.channels[template.channel]}</Tag>
          <a
            href={pathOf(PAGES.templateHistory, {
              service_id: service.id,
              template_id: template.id,
            })}
          >
            {`${texts.version(String(template.version))} · ${texts.history}`}
          </a>
        </p>
      </div>
      {done === undefined ? null : (
        <Notice kind="good">
          <p>{done === "saved" ? texts.saved : texts.testSent}</p>
        </Notice>
      )}
      {done === "tested" ? <MailboxNote view={view} /> : null}
      {template.archived
        ? (
          <Notice>
            <p>{texts.archivedNote}</p>
          </Notice>
        )
        : null}
      {isOfRegistry
        ? (
          <Notice>
            <p>{texts.registryNote}</p>
          </Notice>
        )
        : null}
      <Actions {...props} />
      <div class="editor">
        <section class="stack side" aria-label={view.texts.editor.preview}>
          <PreviewPanel {...props} mail={template.id} />
        </section>
        <div class="stack">
          <section class="card" aria-labelledby="use-title">
            <h2 id="use-title">{texts.use}</h2>
            <UseTable {...props} />
            <p>
              <a
                href={`${
                  pathOf(PAGES.messages, { service_id: service.id })
                }?template=${template.id}`}
              >
                {texts.messages}
              </a>
            </p>
          </section>
          <section class="card" aria-label={texts.id}>
            <CopyBlock view={view} id="template-id" label={texts.id} text={template.id} />
          </section>
          {template.channel === "sms" || template.channel === "email"
            ? (
              <div class="card">
                <CopyBlock
                  view={view}
                  id="call"
                  label={texts.call}
                  text={templateCall(template, root)}
                  isProgram
                />
                <p class="hint">{texts.callHint}</p>
              </div>
            )
            : null}
        </div>
      </div>
    </ServiceLayout>
  );
}

function Actions(
  { view, service, template, isOfRegistry, mayChange, maySend }: TemplatePageProps,
): JSX.Element | null {
  const { template: texts } = view.texts;
  const ids = { service_id: service.id, template_id: template.id };
  const isWritten = template.channel === "sms" || template.channel === "email";
  const mayEdit = mayChange && !isOfRegistry && template.channel !== "diia";
  if (!mayEdit && !maySend) return null;
  return (
    <Form view={view} class="buttons" action={pathOf(PAGES.templateState, ids)}>
      {mayEdit && !template.archived
        ? <a class="button" href={pathOf(PAGES.editTemplate, ids)}>{texts.edit}</a>
        : null}
      {maySend && !template.archived ? <SendLinks view={view} ids={ids} /> : null}
      {maySend && isWritten && !template.archived
        ? <a class="button plain" href={pathOf(PAGES.testTemplate, ids)}>{texts.test}</a>
        : null}
      {mayEdit && isWritten
        ? (
          <a
            class="button plain"
            href={`${pathOf(PAGES.newTemplate, ids)}?copy_of=${template.id}`}
          >
            {texts.copy}
          </a>
        )
        : null}
      {mayEdit
        ? (
          <SubmitButton
            kind="plain"
            name="do"
            value={template.archived ? "restore" : "archive"}
          >
            {template.archived ? texts.restore : texts.archive}
          </SubmitButton>
        )
        : null}
    </Form>
  );
}

/** Leads to sending the template, to one person and to a list. */
function SendLinks(
  { view, ids }: Pick<TemplatePageProps, "view"> & {
    readonly ids: Readonly<Record<string, string>>;
  },
): JSX.Element {
  const { send } = view.texts;
  return (
    <>
      <a class="button plain" href={pathOf(PAGES.sendOne, ids)}>{send.choose}</a>
      <a class="button plain" href={pathOf(PAGES.sendList, ids)}>{send.list}</a>
    </>
  );
}

function UseTable({ view, use }: TemplatePageProps): JSX.Element {
  const { template: texts } = view.texts;
  if (use.length === 0) return <p class="quiet">{texts.useNone}</p>;
  const format = numberFormat(view.language);
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{texts.day}</th>
          <th scope="col" class="n">{texts.sent}</th>
          <th scope="col" class="n">{texts.delivered}</th>
          <th scope="col" class="n">{texts.failed}</th>
        </tr>
      </thead>
      <tbody>
        {use.toReversed().map(({ day, requested, delivered, failed }) => (
          <tr key={day}>
            {/* Counts are kept by UTC day. */}
            <th scope="row">{formatDate(day * DAY_MS, view.language, "UTC")}</th>
            <td class="n">{format.format(requested)}</td>
            <td class="n">{format.format(delivered)}</td>
            <td class="n">{format.format(failed)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
