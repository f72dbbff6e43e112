import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { keptFields } from "../kept_fields.ts";

/** Properties of {@link Field}. */
export interface FieldProps {
  /** The field's name in the form, and the id of its input. */
  readonly name: string;
  readonly label: string;
  readonly hint?: Child;
  /** What is wrong with the value, in the reader's language. */
  readonly fault?: string | undefined;
  /** The word before the fault, such as "Error: ". */
  readonly faultPrefix: string;
  readonly type?: "text" | "email" | "password" | "tel" | "date" | "time" | "search" | "url";
  readonly value?: string | undefined;
  readonly autocomplete?: string;
  readonly inputmode?: "numeric" | "tel" | "email" | "text";
  readonly maxlength?: number;
  readonly spellcheck?: boolean;
  readonly class?: string;
  /** Whether a button shows the value of a password; the button needs the script of the page. */
  readonly reveal?: { readonly show: string; readonly hide: string };
  /** The number of rows of a text area; a line of text when it is absent. */
  readonly rows?: number;
}

/** A labelled input with its hint and fault, which `aria-describedby` names. */
export function Field(props: FieldProps): JSX.Element {
  const { name, label, hint, fault, faultPrefix, reveal } = props;
  return (
    <div class={fault === undefined ? "field" : "field wrong"}>
      <label for={name}>{label}</label>
      {hint === undefined ? null : <div class="hint" id={`${name}-hint`}>{hint}</div>}
      {fault === undefined ? null : (
        <p class="wrong-text" id={`${name}-fault`}>
          <span class="unseen">{faultPrefix}</span>
          {fault}
        </p>
      )}
      {reveal === undefined ? <Input {...props} /> : (
        <div class="reveal">
          <Input {...props} />
          <button
            type="button"
            class="button plain"
            hidden
            data-reveals={name}
            data-hide={reveal.hide}
            aria-controls={name}
          >
            {reveal.show}
          </button>
        </div>
      )}
    </div>
  );
}

function Input(props: FieldProps): JSX.Element {
  const { name, hint, fault, rows } = props;
  const kept = keptFields.getStore()?.[name]?.[0];
  const value = kept ?? props.value;
  const described = [
    ...(hint === undefined ? [] : [`${name}-hint`]),
    ...(fault === undefined ? [] : [`${name}-fault`]),
  ].join(" ");
  const shared = {
    id: name,
    name,
    class: props.class,
    autocomplete: props.autocomplete,
    maxlength: props.maxlength,
    spellcheck: props.spellcheck,
    "aria-describedby": described === "" ? undefined : described,
    "aria-invalid": fault === undefined ? undefined : "true",
  } as const;
  if (rows !== undefined) return <textarea {...shared} rows={rows}>{value}</textarea>;
  return (
    <input
      {...shared}
      type={props.type ?? "text"}
      inputmode={props.inputmode}
      value={value}
    />
  );
}
