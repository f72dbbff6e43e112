import { markAddress } from "../marked_addresses.ts";
import { toPlainAddress } from "./addresses.ts";
import type { Renderer } from "./renderer.ts";

const COLUMNS = 65;
const RULE = "=-".repeat(Math.ceil(COLUMNS / 2)).slice(0, COLUMNS);
const UNDERLINES = { 1: "=".repeat(COLUMNS), 2: "-".repeat(COLUMNS) } as const;

/** Creates a renderer of plain text that writes each address as `write` gives it. */
function createTextRenderer(write: (address: string) => string): Renderer {
  return {
    autolink: write,
    address: write,
    link: (href, title, content) => `${content}${title ? ` (${title})` : ""}: ${write(href)}`,
    afterLink: " ",
    lineBreak: () => "\n",
    paragraph: (content) => `\n\n${content}`,
    heading: (level, content) => `\n\n\n${content}\n${UNDERLINES[level]}`,
    rule: () => `\n\n${RULE}`,
    list: (start, items) =>
      "\n" +
      items.map((item, index) => `\n${start === undefined ? "•" : `${start + index}.`} ${item}`)
        .join(
          "",
        ),
    quote: (content) => content,
  };
}

/**
 * Renders the plain text part of an e-mail. Its output is still escaped as for HTML, because the typography step
 * depends on tags; the caller decodes it after that. Addresses are decoded already.
 */
export const textRenderer: Renderer = createTextRenderer(toPlainAddress);

/**
 * Renders as {@link textRenderer} does, and puts marks around addresses that typography could change: pass the output
 * to `tidyAroundAddresses`, which removes them.
 */
export const markedTextRenderer: Renderer = createTextRenderer((address) =>
  markAddress(toPlainAddress(address))
);

/**
 * Renders the preheader, which mail programs show beside the subject: the text without rules, underlines and link
 * addresses. Its output is still escaped as for HTML.
 */
export const preheaderRenderer: Renderer = {
  ...createTextRenderer((address) => address),
  link: (_href, title, content) => `${content}${title ? ` (${title})` : ""}`,
  afterLink: "",
  heading: (_level, content) => `\n\n${content}`,
  rule: () => "",
};
