import type { JSX } from "hono/jsx/jsx-runtime";

/** A fault of a form: its message, and the name of the field that it is about, if it is about one. */
export interface FormFault {
  readonly field?: string | undefined;
  readonly message: string;
}

/** Returns the message of a field's first fault. */
export function messageOf(faults: readonly FormFault[], field: string): string | undefined {
  return faults.find((fault) => fault.field === field)?.message;
}

interface ErrorSummaryProps {
  readonly title: string;
  readonly faults: readonly FormFault[];
}

/**
 * Lists the faults of a form above it, each a link to its field. The list takes the focus when the page opens, without a
 * script. Shows nothing when there are no faults.
 */
export function ErrorSummary({ title, faults }: ErrorSummaryProps): JSX.Element | null {
  if (faults.length === 0) return null;
  return (
    <div class="summary" role="alert" aria-labelledby="summary-title" tabindex={-1} autofocus>
      <h2 id="summary-title">{title}</h2>
      <ul>
        {faults.map(({ field, message }) => (
          <li key={message}>
            {field === undefined ? message : <a href={`#${field}`}>{message}</a>}
          </li>
        ))}
      </ul>
    </div>
  );
}
