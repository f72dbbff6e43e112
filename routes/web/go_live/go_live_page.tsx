import type { JSX } from "hono/jsx/jsx-runtime";
import { type ChecklistItem, FORM_ITEMS } from "../../../domain/going_live/checklist.ts";
import type { GoLiveRequest } from "../../../domain/going_live/request.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Choices } from "../components/choices.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";
import { GoLiveChecklist } from "./checklist.tsx";

/** The fields of the form, as typed. */
export interface GoLiveFields {
  /** The id that the request will have: a form that is sent twice makes one request. */
  readonly id: string;
  /** By channel. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly contact: string;
  readonly terms: readonly string[];
}

interface GoLivePageProps {
  readonly view: View;
  readonly service: Service;
  readonly items: readonly ChecklistItem[];
  /** The service's last request. */
  readonly request: GoLiveRequest | undefined;
  readonly fields: GoLiveFields;
  readonly faults?: readonly FormFault[];
}

/** What a service needs to go live, what became of the last request, and the form that asks. */
export function GoLivePage(props: GoLivePageProps): JSX.Element {
  const { view, service, items, request, faults = [] } = props;
  const { goLive: texts, shell } = view.texts;
  const isLive = service.mode === "live";
  const isWaiting = request !== undefined && request.answer === undefined;
  const isReady = items.every(({ name, isDone }) =>
    isDone || FORM_ITEMS.some((item) => item === name)
  );
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={texts.title}
      here="service"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{texts.title}</h1>
      {isLive
        ? (
          <Notice kind="good">
            <p>{texts.live}</p>
          </Notice>
        )
        : (
          <>
            <p>{texts.lead}</p>
            <LastRequest {...props} />
            <GoLiveChecklist view={view} service={service} items={items} />
            {isWaiting || !service.active
              ? null
              : isReady
              ? <AskForm {...props} />
              : <p class="quiet">{texts.notYet}</p>}
          </>
        )}
    </ServiceLayout>
  );
}

function LastRequest({ view, service, request }: GoLivePageProps): JSX.Element | null {
  const { goLive } = view.texts;
  if (request === undefined) return null;
  const { answer, askedByName = goLive.program, askedAt } = request;
  const timeOf = (at: number) => formatTime(at, view.language, service.settings.time_zone);
  if (answer === undefined) {
    return (
      <Notice kind="good">
        <p>{goLive.waiting(askedByName, timeOf(askedAt))}</p>
      </Notice>
    );
  }
  if (answer.isApproved) return null;
  return (
    <Notice>
      <p>{goLive.refused(timeOf(answer.at))}</p>
      <p class="lines" dir="auto">{answer.reason}</p>
      <p>{goLive.askAgain}</p>
    </Notice>
  );
}

function AskForm({ view, service, fields, faults = [] }: GoLivePageProps): JSX.Element {
  const { goLive: texts, shell } = view.texts;
  return (
    <section class="card" aria-labelledby="ask">
      <h2 id="ask">{texts.formTitle}</h2>
      <Form view={view} class="form" hidden={{ id: fields.id }}>
        {service.settings.channels.map((channel) => (
          <Field
            key={channel}
            name={`volume_${channel}`}
            label={texts.volume[channel]}
            hint={texts.volumeHint}
            inputmode="numeric"
            autocomplete="off"
            class="short"
            fault={messageOf(faults, `volume_${channel}`)}
            faultPrefix={shell.errorPrefix}
            value={fields.volumes[channel]}
          />
        ))}
        <Field
          name="contact"
          type="email"
          label={texts.contact}
          hint={texts.contactHint}
          autocomplete="email"
          spellcheck={false}
          fault={messageOf(faults, "contact")}
          faultPrefix={shell.errorPrefix}
          value={fields.contact}
        />
        <Choices
          name="terms"
          type="checkbox"
          legend={texts.terms}
          hint={view.termsUrl === undefined
            ? texts.noTerms(view.contact)
            : <a href={view.termsUrl}>{texts.termsLink}</a>}
          fault={messageOf(faults, "terms")}
          faultPrefix={shell.errorPrefix}
          choices={[{ value: "accepted", label: texts.acceptTerms }]}
          chosen={fields.terms}
        />
        <div class="buttons">
          <SubmitButton>{texts.ask}</SubmitButton>
        </div>
      </Form>
    </section>
  );
}
