import type { JSX } from "hono/jsx/jsx-runtime";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may, type Permission } from "../../../domain/accounts/roles.ts";
import type { ChecklistItem, ChecklistItemName } from "../../../domain/going_live/checklist.ts";
import type { Channel, Service } from "../../../domain/service/service.ts";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { type Page, PAGES, pathOf } from "../pages.ts";
import { LOCALES } from "../texts/plural.ts";

/** A page that somebody sees by a role in the service. */
interface Place extends Page {
  readonly needs: Permission;
}

/** The pages on which items are fulfilled. */
const PLACES: Readonly<Partial<Record<ChecklistItemName, Place>>> = {
  purpose: PAGES.purpose,
  template: PAGES.templates,
  managers: PAGES.team,
  sender: PAGES.settings,
  "reply-to": PAGES.settings,
  test: PAGES.send,
};

interface GoLiveChecklistProps {
  readonly view: View;
  readonly service: Service;
  readonly items: readonly ChecklistItem[];
}

/** The list of what a service needs to go live, each item evaluated. */
export function GoLiveChecklist({ view, service, items }: GoLiveChecklistProps): JSX.Element {
  const { goLive } = view.texts;
  return (
    <section class="card" aria-labelledby="checklist">
      <h2 id="checklist">{goLive.checklist}</h2>
      <ol class="checklist">
        {items.map(({ name, isDone, channels = [] }) => {
          const [title, text] = goLive.items[name];
          const place = placeOf(name, view, service);
          return (
            <li key={name} class={isDone ? "done" : undefined}>
              <div>
                <b>
                  {place === undefined
                    ? title
                    : <a href={pathOf(place, { service_id: service.id })}>{title}</a>}
                </b>{" "}
                {isDone ? <span class="unseen">{goLive.done}</span> : <Tag>{goLive.notDone}</Tag>}
                <p class="quiet">{text}</p>
                {channels.length === 0
                  ? null
                  : <p class="quiet">{goLive.missingOn(namesOf(channels, view))}</p>}
              </div>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** The page on which an item is fulfilled; `undefined` where there is none, or the reader may not see it. */
function placeOf(name: ChecklistItemName, { session }: View, { id }: Service): Page | undefined {
  const place = PLACES[name];
  return place !== undefined && session !== undefined && may(accessTo(session, id), place.needs)
    ? place
    : undefined;
}

function namesOf(channels: readonly Channel[], { language, texts }: View): string {
  return new Intl.ListFormat(LOCALES[language]).format(
    channels.map((channel) => texts.goLive.channels[channel]),
  );
}
