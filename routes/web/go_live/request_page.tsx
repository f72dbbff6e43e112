import type { TemplateId } from "../../../domain/ids.ts";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { ChecklistItem } from "../../../domain/going_live/checklist.ts";
import { type GoLiveRequest, limitsOf } from "../../../domain/going_live/request.ts";
import { DEFAULT_DAILY_LIMITS } from "../../../domain/sending/limits.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Choices } from "../components/choices.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES, pathOf } from "../pages.ts";
import { formatTime } from "../texts/dates.ts";
import { numberFormat } from "../texts/plural.ts";
import { GoLiveChecklist } from "./checklist.tsx";
import { OPERATOR_ZONE, volumesText } from "./requests_page.tsx";

/** A message of the service as it looks, without values. */
export interface SampleMessage {
  readonly templateId: TemplateId;
  readonly templateName: string;
  readonly subject: string | null;
  readonly text: string;
}

/** An operator's answer, as typed. */
export interface AnswerFields {
  readonly decision: string;
  readonly reason: string;
  /** By the name of the limit. */
  readonly limits: Readonly<Record<string, string>>;
}

/** The answers that an operator chooses from. */
export const DECISIONS = ["approved", "refused"] as const;

interface RequestPageProps {
  readonly view: View;
  readonly service: Service;
  readonly request: GoLiveRequest;
  readonly items: readonly ChecklistItem[];
  readonly message: SampleMessage | undefined;
  readonly fields: AnswerFields;
  readonly faults?: readonly FormFault[];
}

/** A request to go live before an operator: what the service has, a message as it looks, and the answer. */
export function RequestPage(props: RequestPageProps): JSX.Element {
  const { view, service, items, faults = [] } = props;
  const { goLiveRequests: texts, shell } = view.texts;
  const title = texts.requestTitle(service.name);
  return (
    <Layout view={view} title={title} width="middle" hasFaults={faults.length > 0}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{title}</h1>
      <Facts {...props} />
      <GoLiveChecklist view={view} service={service} items={items} />
      <Sample {...props} />
      <AnswerForm {...props} />
    </Layout>
  );
}

function Facts({ view, service, request }: RequestPageProps): JSX.Element {
  const { goLiveRequests: texts, goLive } = view.texts;
  const facts = [
    [texts.purpose, service.settings.purpose ?? texts.noPurpose],
    [texts.volumes, volumesText(request.volumes, view)],
    [texts.contact, request.contact],
    [texts.askedBy, request.askedByName ?? goLive.program],
    [texts.askedAt, formatTime(request.askedAt, view.language, OPERATOR_ZONE)],
  ] as const;
  return (
    <section class="card" aria-label={texts.service}>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="lines" dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
      <p>
        <a href={pathOf(PAGES.service, { service_id: service.id })}>{texts.toService}</a>
      </p>
    </section>
  );
}

function Sample({ view, service, message }: RequestPageProps): JSX.Element {
  const { goLiveRequests: texts } = view.texts;
  return (
    <section class="card" aria-labelledby="message">
      <h2 id="message">{texts.message}</h2>
      {message === undefined ? <p class="quiet">{texts.noMessage}</p> : (
        <>
          <p class="quiet">
            {texts.messageOf(message.templateName)}{" "}
            <a
              href={pathOf(PAGES.template, {
                service_id: service.id,
                template_id: message.templateId,
              })}
            >
              {texts.asItLooks}
            </a>
          </p>
          {message.subject === null ? null : (
            <p>
              <b>{texts.subject}:</b> <bdi>{message.subject}</bdi>
            </p>
          )}
          <p class="lines" dir="auto">{message.text}</p>
        </>
      )}
    </section>
  );
}

function AnswerForm({ view, service, fields, faults = [] }: RequestPageProps): JSX.Element {
  const { goLiveRequests: texts, shell } = view.texts;
  const numbers = numberFormat(view.language);
  return (
    <section class="card" aria-labelledby="answer">
      <h2 id="answer">{texts.answerTitle}</h2>
      <Form view={view} class="form">
        <Choices
          name="decision"
          type="radio"
          legend={texts.decision}
          fault={messageOf(faults, "decision")}
          faultPrefix={shell.errorPrefix}
          choices={DECISIONS.map((value) => {
            const [label, hint] = texts.decisions[value];
            return { value, label, hint };
          })}
          chosen={[fields.decision]}
        />
        {limitsOf(service.settings).map((limit) => (
          <Field
            key={limit}
            name={`limit_${limit}`}
            label={texts.limit[limit]}
            hint={texts.limitHint(numbers.format(DEFAULT_DAILY_LIMITS.live[limit]))}
            inputmode="numeric"
            autocomplete="off"
            class="short"
            fault={messageOf(faults, `limit_${limit}`)}
            faultPrefix={shell.errorPrefix}
            value={fields.limits[limit]}
          />
        ))}
        <Field
          name="reason"
          rows={4}
          label={texts.reason}
          hint={texts.reasonHint}
          fault={messageOf(faults, "reason")}
          faultPrefix={shell.errorPrefix}
          value={fields.reason}
        />
        <div class="buttons">
          <SubmitButton>{texts.send}</SubmitButton>
        </div>
      </Form>
    </section>
  );
}
