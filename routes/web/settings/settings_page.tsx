import type { JSX } from "hono/jsx/jsx-runtime";
import type { ReadSettings } from "../../../application/services/read_settings.ts";
import type { Service } from "../../../domain/service/service.ts";
import { ErrorSummary, type FormFault } from "../components/error_summary.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { numberFormat } from "../texts/plural.ts";
import { type SenderChannel, Senders } from "./senders.tsx";
import { Section, type SectionState } from "./section.tsx";

/** What the page of settings shows. */
export interface SettingsPageProps {
  readonly view: View;
  readonly service: Service;
  readonly stored: ReadSettings;
  /** The sections, with what was typed into them. */
  readonly sections: readonly SectionState[];
  /** The id of a sender that is added, and what was typed of it. */
  readonly newSender: {
    readonly id: string;
    readonly typed: { readonly channel: SenderChannel; readonly value: string } | undefined;
  };
  /** Whether a message was sent that proves a reply-to address. */
  readonly isSent: boolean;
  readonly isSaved: boolean;
  readonly faults: readonly FormFault[];
}

/** The settings of a service, in sections that are each a form. */
export function SettingsPage(props: SettingsPageProps): JSX.Element {
  const { view, service, sections, stored, newSender, isSaved, isSent, faults } = props;
  const { settings: texts, shell } = view.texts;
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={texts.title}
      here="settings"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{texts.title}</h1>
      {isSaved
        ? (
          <Notice kind="good">
            <p>{texts.saved}</p>
          </Notice>
        )
        : null}
      {isSent
        ? (
          <Notice kind="good">
            <p>{texts.senders.sent}</p>
          </Notice>
        )
        : null}
      {service.active ? null : <Restore view={view} service={service} />}
      {sections.filter(({ name }) => name !== "limits").map((section) => (
        <Section
          key={section.name}
          view={view}
          service={service}
          section={section}
          faults={faults}
        />
      ))}
      {(["sms", "email"] as const).filter((channel) => service.settings.channels.includes(channel))
        .map((channel) => (
          <Senders
            key={channel}
            view={view}
            service={service}
            channel={channel}
            senders={stored.senders}
            newId={newSender.id}
            typed={newSender.typed?.channel === channel ? newSender.typed.value : undefined}
            faults={faults}
          />
        ))}
      <Limits {...props} />
      {service.active ? <Archive view={view} service={service} /> : null}
    </ServiceLayout>
  );
}

/** Today's limits; operators change them. */
function Limits(props: SettingsPageProps): JSX.Element {
  const { view, service, stored, sections, faults } = props;
  const { settings: texts } = view.texts;
  const numbers = numberFormat(view.language);
  const form = sections.find(({ name }) => name === "limits");
  return (
    <section class="card" id="limits" aria-labelledby="limits-title">
      <h2 id="limits-title">{texts.sections.limits}</h2>
      <p class="quiet">{texts.limitsLead}</p>
      <table class="stacks">
        <thead>
          <tr>
            <th scope="col">{texts.what}</th>
            <th scope="col">{texts.limit}</th>
            <th scope="col">{texts.used}</th>
          </tr>
        </thead>
        <tbody>
          {stored.limits.map(({ name, limit, used }) => (
            <tr key={name}>
              <th scope="row">{texts.limitNames[name]}</th>
              <td data-label={texts.limit}>{numbers.format(limit)}</td>
              <td data-label={texts.used}>{numbers.format(used)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {form === undefined || view.session?.user.isOperator !== true
        ? null
        : <Section view={view} service={service} section={form} faults={faults} isInner />}
    </section>
  );
}

function Archive({ view, service }: Pick<SettingsPageProps, "view" | "service">): JSX.Element {
  const { settings: texts } = view.texts;
  return (
    <section class="card" aria-labelledby="archive">
      <h2 id="archive">{texts.archive}</h2>
      <p>{texts.archiveText}</p>
      <p class="buttons">
        <a class="button danger" href={pathOf(PAGES.archive, { service_id: service.id })}>
          {texts.archive}
        </a>
      </p>
    </section>
  );
}

function Restore({ view, service }: Pick<SettingsPageProps, "view" | "service">): JSX.Element {
  const { settings: texts } = view.texts;
  return (
    <Notice>
      <p>{texts.archived}</p>
      <Form
        view={view}
        class="buttons"
        action={pathOf(PAGES.restore, { service_id: service.id })}
      >
        <SubmitButton>{texts.restore}</SubmitButton>
      </Form>
    </Notice>
  );
}
