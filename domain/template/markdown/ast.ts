import { SPACE_CLASS } from "../python_text.ts";

const SPACES = new RegExp(`[${SPACE_CLASS}]+`, "g");

/** One block of a document. Inline text is kept as source until it is rendered: links may be defined further down. */
export type Block =
  /** A gap of blank lines where no paragraph has used it up. */
  | { readonly kind: "gap" }
  | { readonly kind: "rule" }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string }
  /** A line inside a list; a paragraph only in a loose item. */
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "quote"; readonly blocks: readonly Block[] }
  | { readonly kind: "list"; readonly ordered: boolean; readonly items: readonly ListItem[] }
  /** Source that begins with a tag, passed on as it is. */
  | { readonly kind: "markup"; readonly text: string };

/** An item is loose when a blank line parts it from another; its lines are then paragraphs. */
export interface ListItem {
  readonly loose: boolean;
  readonly blocks: readonly Block[];
}

/** Where a reference link leads. */
export interface LinkTarget {
  readonly href: string;
  readonly title: string | undefined;
}

/** A parsed document. */
export interface Document {
  readonly blocks: readonly Block[];
  /** Link definitions by {@link referenceKey}. */
  readonly links: ReadonlyMap<string, LinkTarget>;
  /** Footnotes by {@link referenceKey}, shown at the end when something refers to them. */
  readonly footnotes: ReadonlyMap<string, readonly Block[]>;
}

/** The form in which labels of links and footnotes are compared. */
export function referenceKey(label: string): string {
  return label.toLowerCase().replace(SPACES, " ");
}
