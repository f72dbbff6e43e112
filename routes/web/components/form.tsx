import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { View } from "../context.ts";

/** The token by which a form shows that it is from a page of this session. */
export function FormToken({ view }: { readonly view: View }): JSX.Element | null {
  return view.csrfToken === ""
    ? null
    : <input type="hidden" name="csrf_token" value={view.csrfToken} />;
}

interface FormProps {
  readonly view: View;
  /** The address that the form is sent to; the page's own when it is absent. */
  readonly action?: string | undefined;
  readonly class?: string;
  /** Fields that the reader does not see. */
  readonly hidden?: Readonly<Record<string, string | undefined>>;
  readonly children: Child;
}

/** A form that is sent with `POST`. The server checks it, so that its messages are in the reader's language. */
export function Form(
  { view, action, class: className = "form", hidden = {}, children }: FormProps,
): JSX.Element {
  return (
    <form method="post" action={action} class={className} novalidate>
      <FormToken view={view} />
      {Object.entries(hidden).map(([name, value]) =>
        value === undefined ? null : <input key={name} type="hidden" name={name} value={value} />
      )}
      {children}
    </form>
  );
}

/** The button that sends a form. */
export function SubmitButton(
  { kind = "main", children, name, value, label }: {
    readonly kind?: "main" | "plain" | "danger" | "link";
    readonly children: Child;
    readonly name?: string;
    readonly value?: string;
    /** What a screen reader says in place of the button's text. */
    readonly label?: string;
  },
): JSX.Element {
  const classes = { main: "button", plain: "button plain", danger: "button danger", link: "link" };
  return (
    <button type="submit" class={classes[kind]} name={name} value={value} aria-label={label}>
      {children}
    </button>
  );
}
