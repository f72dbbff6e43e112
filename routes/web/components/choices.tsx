import type { JSX } from "hono/jsx/jsx-runtime";
import { keptFields } from "../kept_fields.ts";
import type { Child } from "hono/jsx";

/** One choice of {@link Choices}. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

interface ChoicesProps {
  readonly name: string;
  readonly type: "radio" | "checkbox";
  readonly legend: string;
  readonly hint?: Child;
  readonly fault?: string | undefined;
  readonly faultPrefix: string;
  readonly choices: readonly Choice[];
  /** The values that are chosen. */
  readonly chosen: readonly string[];
}

/** A group of radio buttons or checkboxes. The first has the group's name as its id, for links from the summary. */
export function Choices(props: ChoicesProps): JSX.Element {
  const { name, type, legend, hint, fault, faultPrefix, choices } = props;
  const kept = keptFields.getStore();
  const chosen = kept === undefined ? props.chosen : kept[name] ?? [];
  const described = [
    ...(hint === undefined ? [] : [`${name}-hint`]),
    ...(fault === undefined ? [] : [`${name}-fault`]),
  ].join(" ");
  return (
    <fieldset
      class={fault === undefined ? "field" : "field wrong"}
      aria-describedby={described === "" ? undefined : described}
    >
      <legend>{legend}</legend>
      {hint === undefined ? null : <div class="hint" id={`${name}-hint`}>{hint}</div>}
      {fault === undefined ? null : (
        <p class="wrong-text" id={`${name}-fault`}>
          <span class="unseen">{faultPrefix}</span>
          {fault}
        </p>
      )}
      <div class="checks">
        {choices.map((choice, index) => {
          const id = index === 0 ? name : `${name}-${choice.value}`;
          return (
            <div class="check" key={choice.value}>
              <input
                type={type}
                id={id}
                name={name}
                value={choice.value}
                checked={chosen.includes(choice.value)}
                aria-describedby={choice.hint === undefined ? undefined : `${id}-what`}
              />
              <div>
                <label for={id}>{choice.label}</label>
                {choice.hint === undefined
                  ? null
                  : <span class="hint" id={`${id}-what`}>{choice.hint}</span>}
              </div>
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}
