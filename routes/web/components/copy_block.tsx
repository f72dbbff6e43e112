import type { JSX } from "hono/jsx/jsx-runtime";
import type { View } from "../context.ts";

interface CopyBlockProps {
  readonly view: View;
  readonly id: string;
  readonly label: string;
  readonly text: string;
  /** Whether it is lines of a program, which do not wrap. */
  readonly isProgram?: boolean;
}

/** A text to copy, with a button that needs the script `copy`. */
export function CopyBlock(
  { view, id, label, text, isProgram = false }: CopyBlockProps,
): JSX.Element {
  const { keys } = view.texts;
  return (
    <div class="copy">
      <div class="copy-head">
        <p class="label" id={`${id}-label`}>{label}</p>
        <button
          type="button"
          class="button plain small"
          hidden
          data-copies={id}
          data-copied={keys.copied}
          aria-describedby={`${id}-label`}
        >
          {keys.copy}
        </button>
      </div>
      {isProgram
        ? (
          <pre
            tabindex={0}
            role="region"
            aria-labelledby={`${id}-label`}
          ><code id={id}>{text}</code></pre>
        )
        : <code class="key" id={id}>{text}</code>}
    </div>
  );
}
