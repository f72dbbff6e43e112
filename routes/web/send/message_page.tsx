import type { JSX } from "hono/jsx/jsx-runtime";
import type { Service } from "../../../domain/service/service.ts";
import { conditionNames } from "../../../domain/template/condition_names.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { Choices } from "../components/choices.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { asksForFold, fieldsOfValue, type MessageForm } from "./message_form.ts";

/** Properties of {@link MessagePage}. */
export interface MessagePageProps {
  readonly view: View;
  readonly service: Service;
  readonly template: TemplateVersion;
  readonly form: MessageForm;
  readonly faults?: readonly FormFault[];
}

/** The form of a message to one person. */
export function MessagePage(props: MessagePageProps): JSX.Element {
  const { view, service, template, form, faults = [] } = props;
  const { send, shell } = view.texts;
  const path = pathOf(PAGES.sendOne, { service_id: service.id, template_id: template.id });
  const names = form.values.map(({ name }, index) => [fieldsOfValue(index).name, name] as const);
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={send.ownTitle(template.name)}
      here="send"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1 dir="auto">{send.ownTitle(template.name)}</h1>
      {service.active ? null : <Notice>{send.archived}</Notice>}
      {service.mode === "trial" ? <Notice>{send.trial}</Notice> : null}
      <Form
        view={view}
        action={path}
        class="form card"
        hidden={{ id: form.id, version: String(form.version), ...Object.fromEntries(names) }}
      >
        <Recipient {...props} />
        <Values {...props} />
        <Times {...props} />
        <Field
          name="reference"
          label={send.reference}
          hint={send.referenceHint}
          fault={messageOf(faults, "reference")}
          faultPrefix={shell.errorPrefix}
          value={form.reference}
        />
        {service.active
          ? (
            <div class="buttons">
              <SubmitButton name="step" value="check">{send.check}</SubmitButton>
              <a href={pathOf(PAGES.send, { service_id: service.id })}>{send.otherTemplate}</a>
            </div>
          )
          : null}
      </Form>
    </ServiceLayout>
  );
}

function Recipient({ view, template, form, faults = [] }: MessagePageProps): JSX.Element {
  const { send, shell } = view.texts;
  const { label, hint } = send.recipients[template.channel];
  return (
    <Field
      name="to"
      type={template.channel === "sms" ? "tel" : template.channel === "email" ? "email" : "text"}
      autocomplete="off"
      spellcheck={false}
      label={label}
      hint={hint}
      fault={messageOf(faults, "to")}
      faultPrefix={shell.errorPrefix}
      value={form.to}
    />
  );
}

/** A field for each placeholder; yes or no for one that only decides whether a text is shown. */
function Values({ view, template, form, faults = [] }: MessagePageProps): JSX.Element {
  const { send, shell } = view.texts;
  const conditions = conditionNames(template.parsed);
  return (
    <>
      {form.values.map(({ name, value }, index) => {
        const field = fieldsOfValue(index).value;
        const shared = {
          name: field,
          fault: messageOf(faults, field),
          faultPrefix: shell.errorPrefix,
        };
        return conditions.has(name)
          ? (
            <Choices
              key={field}
              {...shared}
              type="radio"
              legend={name}
              hint={send.conditionHint}
              choices={[{ value: "yes", label: send.yes }, { value: "no", label: send.no }]}
              chosen={[value]}
            />
          )
          : (
            <Field
              key={field}
              {...shared}
              label={name}
              autocomplete="off"
              value={value}
              {...(template.channel === "email" ? { rows: 1 } : {})}
            />
          );
      })}
    </>
  );
}

/** Now, or at a time of the service's zone. */
function Times({ view, service, form, faults = [] }: MessagePageProps): JSX.Element {
  const { send, shell } = view.texts;
  const { time_zone: zone } = service.settings;
  const faultPrefix = shell.errorPrefix;
  return (
    <>
      <Choices
        name="when"
        type="radio"
        legend={send.when}
        fault={messageOf(faults, "when")}
        faultPrefix={faultPrefix}
        choices={[{ value: "now", label: send.now }, { value: "later", label: send.later }]}
        chosen={[form.when]}
      />
      <Field
        name="date"
        type="date"
        class="short"
        label={send.date}
        hint={send.dateHint}
        fault={messageOf(faults, "date")}
        faultPrefix={faultPrefix}
        value={form.date}
      />
      <Field
        name="time"
        type="time"
        class="short"
        label={send.time}
        hint={send.zoneHint(zone)}
        fault={messageOf(faults, "time")}
        faultPrefix={faultPrefix}
        value={form.time}
      />
      {asksForFold(form, zone)
        ? (
          <Choices
            name="fold"
            type="radio"
            legend={send.fold}
            fault={messageOf(faults, "fold")}
            faultPrefix={faultPrefix}
            choices={[
              { value: "first", label: send.foldFirst },
              { value: "second", label: send.foldSecond },
            ]}
            chosen={form.fold === undefined ? [] : [form.fold]}
          />
        )
        : null}
    </>
  );
}
