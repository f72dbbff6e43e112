import { SPACE_CLASS } from "../../python_compat/text.ts";

const SPACES = new RegExp(`[${SPACE_CLASS}]+`, "g");

/**
 * A block whose text is still source: its inline content is parsed later, since link definitions may follow further
 * down.
 */
export type SourceBlock =
  /** A gap of blank lines that does not end a paragraph. */
  | { readonly kind: "gap" }
  | { readonly kind: "rule" }
  /** Fenced code. */
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string }
  /** A line of text in a list item. It becomes a paragraph only in a loose item. */
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "quote"; readonly blocks: readonly SourceBlock[] }
  | ListOf<ListItem>
  /** HTML that begins with a tag. It is rendered unchanged. */
  | { readonly kind: "markup"; readonly text: string };

/** A list of items. */
export interface ListOf<Item> {
  readonly kind: "list";
  /** The number of the first item; the others count up by one. `undefined` for bullets. */
  readonly start: number | undefined;
  readonly items: readonly Item[];
}

/** A list item. It is loose when a blank line separates it from another; its lines are then paragraphs. */
export interface ListItem {
  readonly loose: boolean;
  readonly blocks: readonly SourceBlock[];
}

/** The target of a reference link. */
export interface LinkTarget {
  readonly href: string;
  readonly title: string | undefined;
}

/** The blocks of a document, and the definitions that its inline content may refer to. */
export interface SourceDocument {
  readonly blocks: readonly SourceBlock[];
  /** The targets of reference links, by label in lower case with single spaces. */
  readonly links: ReadonlyMap<string, LinkTarget>;
  /** Footnotes by label in lower case with single spaces; those that are referred to are rendered at the end. */
  readonly footnotes: ReadonlyMap<string, readonly SourceBlock[]>;
}

/** Inline content. A string is text with `&`, `<` and `>` escaped, or markup that is rendered unchanged. */
export type Inline =
  | string
  | { readonly kind: "break" }
  /** A bare web address in the text. */
  | { readonly kind: "autolink"; readonly href: string }
  /** A web address that is shown as text, escaped for HTML. Typography leaves it as it is. */
  | { readonly kind: "address"; readonly text: string }
  | {
    readonly kind: "link";
    readonly href: string;
    readonly title: string | undefined;
    readonly content: readonly Inline[];
  };

/** A block with parsed inline content. */
export type Block =
  /** A gap of blank lines that does not end a paragraph. */
  | { readonly kind: "gap" }
  | { readonly kind: "rule" }
  /** Code, or source that begins with a tag: rendered unchanged. */
  | { readonly kind: "verbatim"; readonly text: string }
  | { readonly kind: "heading"; readonly level: 1 | 2; readonly content: readonly Inline[] }
  | { readonly kind: "paragraph"; readonly content: readonly Inline[] }
  /** The text of a tight list item, which is not a paragraph. */
  | { readonly kind: "line"; readonly content: readonly Inline[] }
  | { readonly kind: "quote"; readonly blocks: readonly Block[] }
  | ListOf<Document>;

/** A parsed document, including footnotes; any number of renderers can render it. */
export type Document = readonly Block[];

/** Returns the form in which labels of links and footnotes are compared: in lower case, with single spaces. */
export function referenceKey(label: string): string {
  return label.toLowerCase().replace(SPACES, " ");
}
