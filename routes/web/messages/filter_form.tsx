import type { JSX } from "hono/jsx/jsx-runtime";
import { REASONS } from "../../../domain/delivery/reasons.ts";
import type { TemplateId } from "../../../domain/ids.ts";
import type { MessageNames } from "../../../domain/ports/message_pages.ts";
import { CHANNELS, type Service } from "../../../domain/service/service.ts";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { type FilterField, SEARCH_FIELD, STATE_NAMES, type TypedFilter } from "./message_filter.ts";
import type { Texts } from "../texts/texts.ts";

/** The most templates of the filter: a browser needs a second for a thousand, on a slow phone. */
export const MAX_FILTER_TEMPLATES = 50;

interface FilterFormProps {
  readonly view: View;
  readonly service: Service;
  readonly typed: TypedFilter;
  readonly names: MessageNames;
  /** The templates of the messages that the page shows: the filter has them before others. */
  readonly shown: readonly TemplateId[];
  readonly search: string | undefined;
}

/** A value of a filter with its words. */
type Option = readonly [value: string, label: string];

/** The choices of a filter that has some; `undefined` for days and lists. */
function optionsOf(
  field: FilterField,
  names: MessageNames,
  texts: Texts,
): readonly Option[] | undefined {
  switch (field) {
    case "channel":
      return CHANNELS.map((channel) => [channel, texts.channels[channel]]);
    case "state":
      return STATE_NAMES.map((state) => [state, texts.states[state]]);
    case "reason":
      return REASONS.map((reason) => [reason, texts.reasons[reason][0]]);
    case "template":
      return names.templates.map(({ id, name }) => [id, name]);
    case "key":
      return names.keys.map(({ id, name }) => [id, name]);
    case "person":
      return names.people.map(({ id, name }) => [id, name]);
    case "list":
    case "from":
    case "to":
      return undefined;
  }
}

/** What a filter of an address says, in words. */
export function wordsOf(
  field: FilterField,
  value: string,
  names: MessageNames,
  texts: Texts,
): string {
  const label = optionsOf(field, names, texts)?.find(([one]) => one === value)?.[1] ?? value;
  return `${texts.messages[field]}: ${label}`;
}

/** The templates of the filter, by name: those of the address and of the page, and those changed last. */
function templatesOf({ typed, names, shown }: FilterFormProps): MessageNames["templates"] {
  const newest = names.templates.toSorted((a, b) => b.changedAt - a.changedAt).map(({ id }) => id);
  const chosen = names.templates.filter(({ id }) => id === typed.fields.template);
  const offered = new Set([...chosen.map(({ id }) => id), ...shown, ...newest]);
  const first = new Set([...offered].slice(0, MAX_FILTER_TEMPLATES));
  return names.templates.filter(({ id }) => first.has(id));
}

/** The filters of a list. They are in the address, so that it can be kept and shared. */
export function FilterForm(props: FilterFormProps): JSX.Element {
  const { view, service, typed, search } = props;
  const names = { ...props.names, templates: templatesOf(props) };
  const hasMore = names.templates.length < props.names.templates.length;
  const { texts } = view;
  const { messages } = texts;
  const selects = (["channel", "state", "reason", "template", "key", "person"] as const).filter(
    (field) => (optionsOf(field, names, texts)?.length ?? 0) > 0,
  );
  const hasFilter = Object.keys(typed.fields).length > 0;
  return (
    <details class="card fold" open={hasFilter}>
      <summary>{messages.filters}</summary>
      <form method="get" class="filter">
        {search === undefined ? null : <input type="hidden" name={SEARCH_FIELD} value={search} />}
        {typed.fields.list === undefined
          ? null
          : <input type="hidden" name="list" value={typed.fields.list} />}
        {selects.map((field) => (
          <div class="field" key={field}>
            <label for={field}>{messages[field]}</label>
            <select id={field} name={field}>
              <option value="">{messages.any}</option>
              {(optionsOf(field, names, texts) ?? []).map(([value, label]) => (
                <option key={value} value={value} selected={typed.fields[field] === value}>
                  {label}
                </option>
              ))}
            </select>
            {field === "template" && hasMore
              ? (
                <div class="hint">
                  <a href={pathOf(PAGES.templates, { service_id: service.id })}>
                    {messages.otherTemplates}
                  </a>
                </div>
              )
              : null}
          </div>
        ))}
        {(["from", "to"] as const).map((field) => (
          <div class="field" key={field}>
            <label for={field}>{messages[field]}</label>
            <input type="date" id={field} name={field} value={typed.fields[field]} />
          </div>
        ))}
        <button type="submit" class="button plain">{messages.show}</button>
      </form>
    </details>
  );
}
