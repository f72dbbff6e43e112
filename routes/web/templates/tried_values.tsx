import type { JSX } from "hono/jsx/jsx-runtime";
import type { View } from "../context.ts";
import { type Draft, valueField } from "./draft.ts";

/** The fields for the values to try: a text for each placeholder, and a choice for each condition. */
export function TriedValues(
  { view, draft: { values, more } }: { readonly view: View; readonly draft: Draft },
): JSX.Element {
  const { editor } = view.texts;
  return (
    <fieldset
      id="values"
      class="field"
      data-names={values.map(({ name }) => name).join("\n")}
      hidden={values.length === 0}
    >
      <legend>{editor.values}</legend>
      <div class="stack values">
        <p class="hint">{editor.valuesHint}</p>
        {values.map(({ name, value, isCondition }, index) => (
          <div class="field" key={name}>
            <label for={`value-${index}`} dir="auto">
              {isCondition ? editor.isShown(name) : name}
            </label>
            {isCondition
              ? (
                <select id={`value-${index}`} name={valueField(name)}>
                  <option value="">{editor.asWritten}</option>
                  <option value="yes" selected={value === "yes"}>{editor.yes}</option>
                  <option value="no" selected={value === "no"}>{editor.no}</option>
                </select>
              )
              : (
                <input
                  id={`value-${index}`}
                  name={valueField(name)}
                  value={value}
                  autocomplete="off"
                />
              )}
          </div>
        ))}
        {more === 0 ? null : <p class="hint">{editor.moreValues(more)}</p>}
      </div>
    </fieldset>
  );
}
