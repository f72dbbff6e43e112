import type { BannerColours } from "./brand.ts";
import { escapeAttribute } from "../html_text.ts";
import type { Language } from "../language.ts";

/** The parts of a whole HTML e-mail. `emailDocument` escapes all parts but `body`, which is inserted as it is. */
export interface EmailDocumentParts {
  readonly title: string;
  readonly language: Language;
  readonly serviceName: string;
  /** An `https:` address; the only resource that the document loads. */
  readonly logoUrl: string | undefined;
  /** The colours behind the service's name; `undefined` for Hark's. */
  readonly banner: BannerColours | undefined;
  /** The begin of the text, which mail programs show beside the subject; empty for none. */
  readonly preheader: string;
  /** The message as safe HTML. */
  readonly body: string;
}

/** For mail programs that support style sheets. The inline colours are those of light mode. */
const STYLES = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 0; background: #FFFFFF; -webkit-text-size-adjust: 100%; }
.hark-body li table { padding-bottom: 0 !important; }
@media only screen and (max-width: 480px) {
  .hark-side { padding-left: 15px !important; padding-right: 15px !important; }
}
@media (prefers-color-scheme: dark) {
  body, .hark-page { background: #0B0C0C !important; }
  .hark-body td, .hark-body p, .hark-body li, .hark-body h2, .hark-body h3 { color: #F3F2F1 !important; }
  .hark-body a { color: #8EC5F4 !important; }
  .hark-body hr, .hark-body blockquote { border-color: #6F777B !important; }
  .hark-body hr { background: #6F777B !important; }
  .hark-own { background: #24282A !important; }
}
[data-ogsc] .hark-body a { color: #8EC5F4 !important; }
`;

const FONT = "font-family: Helvetica, Arial, sans-serif;";
/** Long words and addresses break instead of widening the page; links have their own `overflow-wrap`. */
const BREAKS = "word-wrap: break-word; word-break: break-word;";
const HIDDEN =
  "display: none; font-size: 1px; line-height: 1px; max-height: 0; max-width: 0; opacity: 0; " +
  "overflow: hidden; mso-hide: all;";
const TABLE = 'role="presentation" cellpadding="0" cellspacing="0" border="0"';
const OWN_BANNER: BannerColours = { background: "#0B0C0C", text: "#FFFFFF" };

/** Outlook on Windows ignores `max-width`: it gets an outer table with a fixed width. */
const OUTLOOK_OPEN =
  `<!--[if mso]><table ${TABLE} align="center" width="580"><tr><td width="580"><![endif]-->`;
const OUTLOOK_CLOSE = "<!--[if mso]></td></tr></table><![endif]-->";
/** Keeps Outlook from scaling pixel sizes on high-density screens. */
const OUTLOOK_SETTINGS =
  "<!--[if mso]><xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch>" +
  "</o:OfficeDocumentSettings></xml><![endif]-->";

/** A row of the page with a centred column of at most 580 pixels. */
function row(cellClass: string, cellAttributes: string, column: string): string {
  return `<tr><td class="${cellClass}" align="center" ${cellAttributes}>
${OUTLOOK_OPEN}
<table ${TABLE} width="100%" style="max-width: 580px; width: 100%; margin: 0 auto;">
${column}
</table>
${OUTLOOK_CLOSE}
</td></tr>`;
}

function bannerRow(parts: EmailDocumentParts, align: string): string {
  const { background, text } = parts.banner ?? OWN_BANNER;
  // The logo is decorative (empty `alt`), because the name follows as text. Most logos are drawn for a white background.
  const logo = parts.logoUrl === undefined
    ? ""
    : `<tr><td align="${align}" style="padding: 0 0 10px 0;">
<img src="${
      escapeAttribute(parts.logoUrl)
    }" alt="" height="48" style="display: block; height: 48px; width: auto; max-width: 100%; ` +
      `border: 0; padding: 6px; background: #FFFFFF; border-radius: 4px;">
</td></tr>
`;
  // The message's headings begin at the second level. Outlook.com overrides `margin` but keeps `Margin`.
  const name = `<tr><td align="${align}"><h1 style="Margin: 0; margin: 0; padding: 0; ${FONT} ` +
    `font-size: 24px; line-height: 30px; font-weight: bold; color: ${text}; text-align: ${align}; ` +
    `${BREAKS}">${escapeAttribute(parts.serviceName)}</h1></td></tr>`;
  const cellClass = parts.banner === undefined ? "hark-side hark-own" : "hark-side";
  return row(
    cellClass,
    `bgcolor="${background}" style="background: ${background}; padding: 15px 20px;"`,
    logo + name,
  );
}

/**
 * Returns a whole HTML document for a mail program: a hidden preheader, a banner with the logo and the service's name as
 * first-level heading, and the message in one column of at most 580 pixels. The document is readable without its style
 * sheet, which many programs remove; with it, the colours follow the reader's light or dark mode. Only the logo is loaded.
 *
 * The main landmark is an element, not a role: webmail replaces the element, so that its own page keeps a single main
 * landmark; a message that is shown as a page of its own keeps the landmark.
 */
export function emailDocument(parts: EmailDocumentParts): string {
  const { tag, direction } = parts.language;
  const align = direction === "rtl" ? "right" : "left";
  // Webmail removes the outermost elements, so the message repeats language and direction.
  const language = `lang="${escapeAttribute(tag)}" dir="${direction}"`;
  const preheader = parts.preheader === "" ? "" : `${escapeAttribute(parts.preheader)}…`;
  const body = `<tr><td ${language} align="${align}" style="${FONT} font-size: 19px; ` +
    `line-height: 25px; color: #0B0C0C; text-align: ${align}; ${BREAKS}">
${parts.body}
</td></tr>`;
  return `<!DOCTYPE html>
<html ${language}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<meta name="x-apple-disable-message-reformatting">
<title>${escapeAttribute(parts.title)}</title>
${OUTLOOK_SETTINGS}
<style>${STYLES}</style>
</head>
<body style="${FONT} font-size: 16px; margin: 0; padding: 0; color: #0B0C0C;">
<span style="${HIDDEN}">${preheader}</span>
<div role="article" aria-roledescription="email" ${language}>
<main style="display: block;">
<table ${TABLE} class="hark-page" width="100%" style="border-collapse: collapse; width: 100%;">
${bannerRow(parts, align)}
${row("hark-side hark-body", 'style="padding: 30px 20px;"', body)}
</table>
</main>
</div>
</body>
</html>
`;
}
