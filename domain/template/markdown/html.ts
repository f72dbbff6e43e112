import { escapeText } from "../html_text.ts";
import { markAddress } from "../marked_addresses.ts";
import { toHref } from "./addresses.ts";
import type { Renderer } from "./renderer.ts";

const LINK_STYLE = "word-wrap: break-word; color: #1D70B8;";
const PARAGRAPH_STYLE = "Margin: 0 0 20px 0; font-size: 19px; line-height: 25px; color: #0B0C0C;";
const ITEM_STYLE = "Margin: 5px 0 5px; font-size: 19px; line-height: 25px; color: #0B0C0C;";
const HEADINGS = {
  1: { tag: "h2", size: "font-size: 27px; line-height: 35px;" },
  2: { tag: "h3", size: "font-size: 19px; line-height: 25px;" },
} as const;

const OWN_MARK = /^span class='placeholder.*<\/span$/s;

/**
 * Returns the title up to a double quote, which is what a browser uses. GOV.UK Notify writes the quote and the rest into
 * the tag, where a value could add attributes.
 */
function toTitle(title: string | undefined): string {
  const shown = (title ?? "").split('"', 1)[0] ?? "";
  return title === undefined || title === "" ? "" : ` title="${escapeText(shown)}"`;
}

function anchor(href: string, title: string | undefined, content: string): string {
  return `<a style="${LINK_STYLE}" href="${toHref(href)}"${toTitle(title)}>${content}</a>`;
}

/** Styles that depend on the side on which lines begin. */
interface SideStyles {
  readonly list: string;
  readonly item: string;
  readonly quote: string;
}

const SIDES = {
  ltr: {
    list: "Margin: 0 0 0 20px; padding: 0;",
    item: "padding: 0 0 0 5px;",
    quote: "border-left: 10px solid #B1B4B6; padding: 15px 0 0.1px 15px;",
  },
  rtl: {
    list: "Margin: 0 20px 0 0; padding: 0;",
    item: "padding: 0 5px 0 0;",
    quote: "border-right: 10px solid #B1B4B6; padding: 15px 15px 0.1px 0;",
  },
} as const satisfies Record<"ltr" | "rtl", SideStyles>;

function createHtmlRenderer(side: SideStyles): Renderer {
  return {
    autolink: (href) => anchor(href, undefined, href),
    address: markAddress,
    link: (href, title, content) => {
      const address = OWN_MARK.test(href) ? `<${href}>` : href;
      return anchor(address, title, content === "" ? address : content);
    },
    afterLink: "",
    lineBreak: () => "<br>",
    paragraph: (content) => `<p style="${PARAGRAPH_STYLE}">${content}</p>`,
    heading: (level, content) => {
      const { tag, size } = HEADINGS[level];
      return `<${tag} style="Margin: 0 0 15px 0; padding: 10px 0 0 0; ${size} font-weight: bold; color: #0B0C0C;">` +
        `${content}</${tag}>`;
    },
    rule: () => '<hr style="border: 0; height: 1px; background: #B1B4B6; Margin: 30px 0 30px 0;">',
    list: (start, items) => {
      const tag = start === undefined ? "ul" : "ol";
      const first = start === undefined || start === 1 ? "" : ` start="${start}"`;
      const style = `${side.list} list-style-type: ${start === undefined ? "disc" : "decimal"};`;
      return '<table role="presentation" style="padding: 0 0 20px 0;"><tr>' +
        `<td style="font-family: Helvetica, Arial, sans-serif;"><${tag}${first} style="${style}">` +
        items.map((item) => `<li style="${ITEM_STYLE} ${side.item}">${item}</li>`).join("") +
        `</${tag}></td></tr></table>`;
    },
    quote: (content) =>
      `<div style="Margin: 0 0 20px 0;"><blockquote style="Margin: 0; ${side.quote} ` +
      `font-size: 19px; line-height: 25px;">${content}</blockquote></div>`,
  };
}

/**
 * Renderers of the HTML part, by writing direction. Their input is already escaped. Styles are inline, because mail programs
 * remove style sheets.
 */
export const HTML_RENDERERS = {
  ltr: createHtmlRenderer(SIDES.ltr),
  rtl: createHtmlRenderer(SIDES.rtl),
} as const satisfies Record<keyof typeof SIDES, Renderer>;
