import type { JSX } from "hono/jsx/jsx-runtime";
import { REASONS } from "../../../domain/delivery/reasons.ts";
import type { MessageNames } from "../../../domain/ports/message_pages.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { View } from "../context.ts";
import { type FilterField, SEARCH_FIELD, STATE_NAMES, type TypedFilter } from "./message_filter.ts";
import type { Texts } from "../texts/texts.ts";

interface FilterFormProps {
  readonly view: View;
  readonly typed: TypedFilter;
  readonly names: MessageNames;
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

/** The filters of a list. They are in the address, so that it can be kept and shared. */
export function FilterForm({ view, typed, names, search }: FilterFormProps): JSX.Element {
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
