import type { JSX } from "hono/jsx/jsx-runtime";

interface TagProps {
  readonly kind?: "plain" | "good" | "bad" | "trial";
  readonly children: string;
}

/** A state in one or two words. */
export function Tag({ kind = "plain", children }: TagProps): JSX.Element {
  return <span class={kind === "plain" ? "tag" : `tag ${kind}`}>{children}</span>;
}
