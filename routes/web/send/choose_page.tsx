import type { JSX } from "hono/jsx/jsx-runtime";
import type { Service } from "../../../domain/service/service.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { Notice } from "../components/notice.tsx";
import { SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";

/** Max templates on the page; the others are found by their names. */
export const MAX_CHOICES = 100;

/** The characters that are shown of a template's text. */
const MAX_SHOWN = 60;

interface ChoosePageProps {
  readonly view: View;
  readonly service: Service;
  /** The templates that fit the search, at most {@link MAX_CHOICES}. */
  readonly templates: readonly TemplateVersion[];
  readonly hasMore: boolean;
  /** What was searched for; empty without a search. */
  readonly search: string;
}

/** Asks which template to send. */
export function ChoosePage(
  { view, service, templates, hasMore, search }: ChoosePageProps,
): JSX.Element {
  const { send } = view.texts;
  return (
    <ServiceLayout view={view} service={service} title={send.title} here="send">
      <h1>{send.title}</h1>
      <p>{send.lead}</p>
      {service.active ? null : <Notice>{send.archived}</Notice>}
      <form method="get" class="filter card" role="search">
        <div class="field">
          <label for="name">{send.search}</label>
          <input id="name" name="name" type="search" value={search} />
        </div>
        <SubmitButton kind="plain">{send.searchButton}</SubmitButton>
      </form>
      <section class="card" aria-label={send.template}>
        {templates.length === 0
          ? <p class="quiet">{search === "" ? send.none : send.noneFound}</p>
          : <Templates view={view} service={service} templates={templates} />}
        {hasMore ? <p class="quiet">{send.more(String(MAX_CHOICES))}</p> : null}
      </section>
    </ServiceLayout>
  );
}

function Templates(
  { view, service, templates }: Pick<ChoosePageProps, "view" | "service" | "templates">,
): JSX.Element {
  const { send } = view.texts;
  return (
    <table class="stacks">
      <thead>
        <tr>
          <th scope="col">{send.template}</th>
          <th scope="col">{send.channel}</th>
          <th scope="col">{send.action}</th>
        </tr>
      </thead>
      <tbody>
        {templates.map(({ id, name, channel, subject, body }) => (
          <tr key={id}>
            <th scope="row" dir="auto">
              {name}
              <div class="hint">{beginningOf(subject ?? body)}</div>
            </th>
            <td data-label={send.channel}>{send.channels[channel]}</td>
            <td data-label={send.action}>
              <div class="buttons">
                <a
                  href={pathOf(PAGES.sendOne, { service_id: service.id, template_id: id })}
                  aria-label={send.chooseOf(name)}
                >
                  {send.choose}
                </a>
                <a
                  href={pathOf(PAGES.sendList, { service_id: service.id, template_id: id })}
                  aria-label={send.listOf(name)}
                >
                  {send.list}
                </a>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The first characters of a text, by which two templates of one name differ. */
function beginningOf(text: string): string {
  const letters = [...text.replaceAll(/\s+/g, " ").trim()];
  return letters.length > MAX_SHOWN ? `${letters.slice(0, MAX_SHOWN).join("")}…` : letters.join("");
}
