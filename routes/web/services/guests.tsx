import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { isGuestAddress, isGuestNumber, MAX_GUESTS } from "../../../domain/service/guest_list.ts";
import type { Guests, Service } from "../../../domain/service/service.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { Tag } from "../components/tag.tsx";
import { actorOf, serviceOf, type View, type WebEnv } from "../context.ts";
import { type Form as SentForm, readForm } from "../forms.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import type { Texts } from "../texts/texts.ts";
import { ServiceLayout } from "./service_layout.tsx";

interface GuestsPageProps {
  readonly view: View;
  readonly service: Service;
  readonly guests: Guests;
  /** The team's proved addresses and numbers. */
  readonly team: Guests;
  readonly isSaved?: boolean;
  readonly faults?: readonly FormFault[];
}

/** The guest list of a service, a line for each guest. */
function GuestsPage(
  { view, service, guests, team, isSaved = false, faults = [] }: GuestsPageProps,
): JSX.Element {
  const { guests: texts, shell } = view.texts;
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={texts.title}
      here="guests"
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
      <p>{texts.lead}</p>
      <Form view={view} class="form card" action={pathOf(PAGES.guests, { service_id: service.id })}>
        <Field
          name="email_addresses"
          rows={MAX_GUESTS}
          spellcheck={false}
          label={texts.emails}
          hint={texts.emailsHint}
          fault={messageOf(faults, "email_addresses")}
          faultPrefix={shell.errorPrefix}
          value={guests.emailAddresses.join("\n")}
        />
        <Field
          name="phone_numbers"
          rows={MAX_GUESTS}
          spellcheck={false}
          label={texts.phones}
          hint={texts.phonesHint}
          fault={messageOf(faults, "phone_numbers")}
          faultPrefix={shell.errorPrefix}
          value={guests.phoneNumbers.join("\n")}
        />
        {service.active
          ? (
            <div class="buttons">
              <SubmitButton>{texts.save}</SubmitButton>
            </div>
          )
          : null}
      </Form>
      <TeamAddresses view={view} team={team} />
    </ServiceLayout>
  );
}

/** The addresses and numbers that are included without being on the list. */
function TeamAddresses({ view, team }: Pick<GuestsPageProps, "view" | "team">): JSX.Element {
  const { guests: texts } = view.texts;
  return (
    <section class="card" aria-labelledby="team">
      <h2 id="team">{texts.teamTitle}</h2>
      <p>{texts.team}</p>
      <ul class="list">
        {[...team.emailAddresses, ...team.phoneNumbers].map((recipient) => (
          <li key={recipient}>
            <bdi>{recipient}</bdi>
            <Tag>{texts.included}</Tag>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Adds the page of a service's guest list. */
export function addGuestPage(app: Hono<WebEnv>, { accounts, clock, management }: WebPorts): void {
  app.get(PAGES.guests.path, async (c) => {
    const service = serviceOf(c);
    const { guests, team } = await accounts.services.guests(service.id);
    const page = (
      <GuestsPage
        view={c.var.view}
        service={service}
        guests={guests}
        team={team}
        isSaved={c.req.query("saved") !== undefined}
      />
    );
    return answerPage(c, page);
  });
  app.post(PAGES.guests.path, async (c) => {
    const form = await readForm(c);
    const service = serviceOf(c);
    const { view } = c.var;
    const guests = {
      emailAddresses: linesOf(form, "email_addresses"),
      phoneNumbers: linesOf(form, "phone_numbers"),
    };
    const faults = faultsOf(guests, service.settings.country, view.texts);
    if (faults.length === 0) {
      const entry = { chain: service.id, actor: actorOf(c), action: "guests-changed" } as const;
      if (await management.setGuests(service.id, guests, clock.now(), entry)) {
        return c.redirect(`${pathOf(PAGES.guests, { service_id: service.id })}?saved=1`, 303);
      }
      faults.push({ message: view.texts.guests.changed });
    }
    const { team } = await accounts.services.guests(service.id);
    const page = (
      <GuestsPage view={view} service={service} guests={guests} team={team} faults={faults} />
    );
    return answerPage(c, page, 422);
  });
}

function linesOf(form: SentForm, name: string): readonly string[] {
  return form.text(name).split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

function faultsOf(guests: Guests, country: string, { guests: texts }: Texts): FormFault[] {
  const faultOf = (
    field: string,
    lines: readonly string[],
    isValid: (line: string) => boolean,
    message: (line: string) => string,
  ) => {
    if (lines.length > MAX_GUESTS) return [{ field, message: texts.tooMany }];
    const wrong = lines.findIndex((line) => !isValid(line));
    return wrong === -1 ? [] : [{ field, message: message(String(wrong + 1)) }];
  };
  return [
    ...faultOf("email_addresses", guests.emailAddresses, isGuestAddress, texts.emailNotValid),
    ...faultOf(
      "phone_numbers",
      guests.phoneNumbers,
      (line) => isGuestNumber(line, country),
      texts.phoneNotValid,
    ),
  ];
}
