import type { JSX } from "hono/jsx/jsx-runtime";
import type { OwnService } from "../../../domain/ports/service_overview_store.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Choices } from "../components/choices.tsx";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { Layout } from "../layout.tsx";
import { PAGES, pathOf } from "../pages.ts";
import type { Texts } from "../texts/texts.ts";
import { PurposeField } from "./purpose_field.tsx";

/** The query with which the list of services offers recovery codes, after a first sign-in. */
export const OFFER_CODES = "recovery_codes=offer";

interface ServicesPageProps {
  readonly view: View;
  /** Whether to offer recovery codes to a person who has none. */
  readonly offersCodes: boolean;
  readonly services: readonly OwnService[];
}

/** The visitor's services by name. */
export function ServicesPage({ view, services, offersCodes }: ServicesPageProps): JSX.Element {
  const { texts } = view;
  const create = <a class="button" href={PAGES.newService.path}>{texts.services.create}</a>;
  if (services.length === 0) {
    return (
      <Layout view={view} title={texts.services.title} width="middle">
        <h1>{texts.services.title}</h1>
        {offersCodes ? <CodesOffer view={view} /> : null}
        <section class="card" aria-labelledby="none">
          <h2 id="none">{texts.services.none}</h2>
          <p>{texts.services.noneText}</p>
          <p class="buttons">{create}</p>
        </section>
      </Layout>
    );
  }
  return (
    <Layout view={view} title={texts.services.title} width="middle">
      <div class="head">
        <h1>{texts.services.title}</h1>
        {create}
      </div>
      {offersCodes ? <CodesOffer view={view} /> : null}
      <ul class="list card">
        {services.map(({ service, sent }) => (
          <li key={service.id}>
            <div>
              <a dir="auto" href={pathOf(PAGES.service, { service_id: service.id })}>
                {service.name}
              </a>
              <p class="small quiet">{texts.services.sent(sent)}</p>
            </div>
            <ServiceTag service={service} texts={texts} />
          </li>
        ))}
      </ul>
    </Layout>
  );
}

function CodesOffer({ view }: { readonly view: View }): JSX.Element {
  const { services } = view.texts;
  return (
    <Notice>
      <p>
        {services.codesOffer} <a href={PAGES.accountCodes.path}>{services.codesCreate}</a>
      </p>
    </Notice>
  );
}

/** Whether a service is in trial mode, live or archived. */
export function ServiceTag(
  { service, texts }: { readonly service: Service; readonly texts: Texts },
): JSX.Element {
  if (!service.active) return <Tag kind="bad">{texts.services.archived}</Tag>;
  return service.mode === "trial"
    ? <Tag kind="trial">{texts.services.trial}</Tag>
    : <Tag kind="good">{texts.services.live}</Tag>;
}

/** The channels that a person can choose for a service. */
export const SERVICE_CHANNELS = ["sms", "email"] as const;

interface NewServicePageProps {
  readonly view: View;
  /** The id that the service will have: a form that is sent twice creates one service. */
  readonly id: string;
  readonly name?: string;
  readonly purpose?: string;
  readonly channels?: readonly string[];
  readonly faults?: readonly FormFault[];
}

/** Asks for the name, the purpose and the channels of a new service. */
export function NewServicePage(
  { view, id, name, purpose, channels = SERVICE_CHANNELS, faults = [] }: NewServicePageProps,
): JSX.Element {
  const { services, fields, shell } = view.texts;
  return (
    <Layout view={view} title={services.newTitle} hasFaults={faults.length > 0}>
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{services.newTitle}</h1>
      <Form view={view} class="form card" hidden={{ id }}>
        <Field
          name="name"
          label={services.name}
          hint={services.nameHint}
          autocomplete="off"
          fault={messageOf(faults, "name")}
          faultPrefix={shell.errorPrefix}
          value={name}
        />
        <PurposeField view={view} value={purpose} faults={faults} />
        <Choices
          name="channels"
          type="checkbox"
          legend={services.channels}
          hint={services.channelsHint}
          fault={messageOf(faults, "channels")}
          faultPrefix={shell.errorPrefix}
          choices={SERVICE_CHANNELS.map((value) => ({ value, label: services[value] }))}
          chosen={channels}
        />
        <div class="buttons">
          <SubmitButton>{services.create}</SubmitButton>
          <a href={PAGES.services.path}>{fields.cancel}</a>
        </div>
      </Form>
    </Layout>
  );
}
