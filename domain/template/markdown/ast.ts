import { SPACE_CLASS } from "../../python_compat/text.ts";

const SPACES = new RegExp(`[${SPACE_CLASS}]+`, "g");

/** One block as it is first read. Running text is still source: what its links refer to may be defined further down. */
export type SourceBlock =
  /** A gap of blank lines where no paragraph has used it up. */
  | { readonly kind: "gap" }
  | { readonly kind: "rule" }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string }
  /** A line inside a list; a paragraph only in a loose item. */
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "quote"; readonly blocks: readonly SourceBlock[] }
  | { readonly kind: "list"; readonly ordered: boolean; readonly items: readonly ListItem[] }
  /** Source that begins with a tag, passed on as it is. */
  | { readonly kind: "markup"; readonly text: string };

/** An item is loose when a blank line parts it from another; its lines are then paragraphs. */
export interface ListItem {
  readonly loose: boolean;
  readonly blocks: readonly SourceBlock[];
}

/** Where a reference link leads. */
export interface LinkTarget {
  readonly href: string;
  readonly title: string | undefined;
}

/** The blocks of a document, and what its running text may refer to. */
export interface SourceDocument {
  readonly blocks: readonly SourceBlock[];
  /** Link definitions by {@link referenceKey}. */
  readonly links: ReadonlyMap<string, LinkTarget>;
  /** Footnotes by {@link referenceKey}, shown at the end when something refers to them. */
  readonly footnotes: ReadonlyMap<string, readonly SourceBlock[]>;
}

/** A piece of running text. A string is text with `&`, `<` and `>` escaped, or markup that is passed on as it is. */
export type Inline =
  | string
  | { readonly kind: "break" }
  /** A web address that stands in the text. */
  | { readonly kind: "autolink"; readonly href: string }
  | {
    readonly kind: "link";
    readonly href: string;
    readonly title: string | undefined;
    readonly content: readonly Inline[];
  };

/** One block, read to the end. */
export type Block =
  /** A gap of blank lines where no paragraph has used it up. */
  | { readonly kind: "gap" }
  | { readonly kind: "rule" }
  /** Code, or source that begins with a tag: passed on as it is. */
  | { readonly kind: "verbatim"; readonly text: string }
  | { readonly kind: "heading"; readonly level: 1 | 2; readonly content: readonly Inline[] }
  | { readonly kind: "paragraph"; readonly content: readonly Inline[] }
  /** The text of a list item that is no paragraph. */
  | { readonly kind: "line"; readonly content: readonly Inline[] }
  | { readonly kind: "quote"; readonly blocks: readonly Block[] }
  | { readonly kind: "list"; readonly ordered: boolean; readonly items: readonly Document[] };

/** A document read to the end, footnotes included: it can be written by any number of renderers. */
export type Document = readonly Block[];

/** The form in which labels of links and footnotes are compared. */
export function referenceKey(label: string): string {
  return label.toLowerCase().replace(SPACES, " ");
}
