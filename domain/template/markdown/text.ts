import type { Renderer } from "./renderer.ts";

const COLUMNS = 65;
const RULE = "=-".repeat(Math.ceil(COLUMNS / 2)).slice(0, COLUMNS);
const UNDERLINES = { 1: "=".repeat(COLUMNS), 2: "-".repeat(COLUMNS) } as const;

/**
 * The plain text part. Running text is escaped as for HTML, for the typography that follows looks at tags; the caller
 * decodes it at the end.
 */
export const textRenderer: Renderer = {
  autolink: (href) => href,
  link: (href, title, content) => `${content}${title ? ` (${title})` : ""}: ${href}`,
  lineBreak: () => "\n",
  paragraph: (content) => `\n\n${content}`,
  heading: (level, content) => `\n\n\n${content}\n${UNDERLINES[level]}`,
  rule: () => `\n\n${RULE}`,
  list: (ordered, items) =>
    "\n" + items.map((item, index) => `\n${ordered ? `${index + 1}.` : "•"} ${item}`).join(""),
  quote: (content) => content,
};

/** The line that mail programs show beside the subject: no rules, no underlines, no addresses of links. */
export const preheaderRenderer: Renderer = {
  ...textRenderer,
  link: (_href, title, content) => `${content}${title ? ` (${title})` : ""}`,
  heading: (_level, content) => `\n\n${content}`,
  rule: () => "",
};
