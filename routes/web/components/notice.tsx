import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";

interface NoticeProps {
  /** `warning`: something to know before going on. `good`: something succeeded. `development`: for developers only. */
  readonly kind?: "warning" | "good" | "development";
  readonly children: Child;
}

const CLASSES = { warning: "note", good: "note good", development: "note dev" } as const;

/** A text apart from the page's own. A screen reader announces that something succeeded. */
export function Notice({ kind = "warning", children }: NoticeProps): JSX.Element {
  return <div class={CLASSES[kind]} role={kind === "good" ? "status" : undefined}>{children}</div>;
}
