import type { JSX } from "hono/jsx/jsx-runtime";
import { envelopeOf } from "../../../domain/service/sender.ts";
import type { TemplateId } from "../../../domain/ids.ts";
import { Choices } from "../components/choices.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Tag } from "../components/tag.tsx";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { type Conflict, ConflictNotice } from "./conflict.tsx";
import { FaultyLine } from "./faulty_line.tsx";
import { PreviewPanel, type PreviewProps } from "./preview.tsx";
import { TriedValues } from "./tried_values.tsx";

/** Properties of {@link EditorPage}. */
export interface EditorPageProps extends PreviewProps {
  /** The template that is changed; `undefined` for a new one. */
  readonly template: { readonly id: TemplateId; readonly version: number } | undefined;
  /** Fields that the reader does not see: the version, or the id of a new template and its folder. */
  readonly hidden: Readonly<Record<string, string | undefined>>;
  readonly faults?: readonly FormFault[];
  /** The newer version that somebody else has saved. */
  readonly conflict?: Conflict | undefined;
}

/** The editor of a template: its form, and beside it how the message looks. */
export function EditorPage(props: EditorPageProps): JSX.Element {
  const { view, service, draft, template, hidden, faults = [], conflict } = props;
  const { editor, template: texts, shell, fields } = view.texts;
  const { typed } = draft;
  const title = template === undefined
    ? typed.channel === "email" ? editor.newEmail : editor.newSms
    : typed.name === ""
    ? texts.edit
    : typed.name;
  const ids = { service_id: service.id, template_id: template?.id ?? "" };
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={title}
      here="templates"
      hasFaults={faults.length > 0}
      scripts={["editor"]}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <div class="head">
        <h1 dir="auto">{title}</h1>
        {template === undefined ? null : (
          <p class="buttons">
            <Tag>{view.texts.templates.channels[typed.channel]}</Tag>
            <a href={pathOf(PAGES.templateHistory, ids)}>
              {`${texts.version(String(template.version))} · ${texts.history}`}
            </a>
          </p>
        )}
      </div>
      <Form view={view} class="editor" hidden={hidden}>
        {/* What the Enter key does in a field: a preview and not a new version. */}
        <button type="submit" name="do" value="preview" hidden></button>
        <div class="stack">
          {conflict === undefined ? null : (
            <ConflictNotice
              view={view}
              conflict={conflict}
              theirs={pathOf(PAGES.editTemplate, ids)}
            />
          )}
          <div class="card">
            <TemplateFields {...props} faults={faults} />
            <div class="buttons">
              <SubmitButton name="do" value="save">{editor.save}</SubmitButton>
              <button type="submit" class="button plain" name="do" value="preview" formnovalidate>
                {editor.preview}
              </button>
              <a
                href={template === undefined
                  ? pathOf(PAGES.templates, ids)
                  : pathOf(PAGES.template, ids)}
              >
                {fields.cancel}
              </a>
            </div>
            <FormattingHelp {...props} />
          </div>
        </div>
        <section
          class="stack side"
          aria-label={editor.preview}
          data-preview={pathOf(PAGES.previewTemplate, ids)}
          data-channel={typed.channel}
          data-syntax={typed.syntax}
        >
          <PreviewPanel {...props} />
          <TriedValues view={view} draft={draft} />
        </section>
      </Form>
    </ServiceLayout>
  );
}

function TemplateFields(
  { view, draft, senders, service, defaults, faults = [] }: EditorPageProps,
): JSX.Element {
  const { editor, shell } = view.texts;
  const { typed, result } = draft;
  const faultOf = (field: string) => ({
    fault: messageOf(faults, field),
    faultPrefix: shell.errorPrefix,
  });
  const bodyFault = messageOf(faults, "body");
  const standard = envelopeOf(service, typed.channel, senders, null, defaults);
  const own = typed.channel === "email" ? standard?.replyTo : standard?.sender;
  return (
    <>
      <Field
        name="name"
        label={editor.name}
        hint={editor.nameHint}
        autocomplete="off"
        {...faultOf("name")}
        value={typed.name}
      />
      {typed.channel === "sms" ? null : (
        <Field
          name="subject"
          label={editor.subject}
          autocomplete="off"
          class="wide"
          {...faultOf("subject")}
          value={typed.subject}
        />
      )}
      <div class="typed">
        <Field
          name="body"
          label={editor.body}
          hint={
            <>
              {editor.bodyHint}
              {bodyFault === undefined || result.ok
                ? null
                : <FaultyLine body={typed.body} at={result.refusal.at} />}
            </>
          }
          rows={typed.channel === "sms" ? 9 : 18}
          {...faultOf("body")}
          value={typed.body}
        />
      </div>
      {senders.length === 0 ? null : (
        <div class="field">
          <label for="sender_id">
            {typed.channel === "email" ? editor.replyTo : editor.sender}
          </label>
          {messageOf(faults, "sender_id") === undefined
            ? null
            : <p class="wrong-text">{messageOf(faults, "sender_id")}</p>}
          <select id="sender_id" name="sender_id">
            <option value="">{editor.senderDefault(own ?? editor.senderNone)}</option>
            {senders.map(({ id, value }) => (
              <option key={id} value={id} selected={id === typed.senderId}>{value}</option>
            ))}
          </select>
        </div>
      )}
      {typed.channel !== "email" ? null : (
        <Choices
          name="unsubscribe_link"
          type="checkbox"
          legend={editor.unsubscribe}
          faultPrefix={shell.errorPrefix}
          choices={[{
            value: "yes",
            label: editor.unsubscribeLink,
            hint: editor.unsubscribeHint,
          }]}
          chosen={typed.unsubscribeLink ? ["yes"] : []}
        />
      )}
    </>
  );
}

/** What can be written into a message. It is on the page, so that nothing typed is lost by looking it up. */
function FormattingHelp({ view, draft: { typed } }: EditorPageProps): JSX.Element | null {
  const { editor } = view.texts;
  if (typed.syntax !== "notify") return null;
  const rows = typed.channel === "email"
    ? [...editor.helpRows, ...editor.helpEmail]
    : editor.helpRows;
  return (
    <details>
      <summary>{editor.help}</summary>
      <dl class="help">
        {rows.map(([written, meaning]) => (
          <div key={written}>
            <dt>
              <code>{written}</code>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
