import { escapeAttribute } from "./html_text.ts";

/** The parts of a whole HTML e-mail. All but `body` are text and are escaped here. */
export interface EmailDocumentParts {
  readonly title: string;
  /** BCP 47 tag. */
  readonly language: string;
  readonly serviceName: string;
  readonly preheader: string;
  /** HTML, rendered before. */
  readonly body: string;
}

/** For programs that read style sheets: the inline colours are those of light mode. */
const STYLES = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 0; background: #FFFFFF; -webkit-text-size-adjust: 100%; }
@media only screen and (max-width: 620px) {
  .hark-column { width: 100% !important; }
}
@media (prefers-color-scheme: dark) {
  body, .hark-page { background: #0B0C0C !important; }
  .hark-body, .hark-body p, .hark-body li, .hark-body h2, .hark-body h3 { color: #F3F2F1 !important; }
  .hark-body a { color: #8EC5F4 !important; }
  .hark-banner { background: #1D1F21 !important; }
}
`;

const FONT = "font-family: Helvetica, Arial, sans-serif;";
const HIDDEN =
  "display: none; font-size: 1px; line-height: 1px; max-height: 0; max-width: 0; opacity: 0; " +
  "overflow: hidden; mso-hide: all;";

/**
 * A whole HTML document for a mail program: one column of at most 580 pixels, the service's name as a banner, and the
 * preheader hidden before everything else.
 */
export function emailDocument(parts: EmailDocumentParts): string {
  const language = escapeAttribute(parts.language);
  const service = escapeAttribute(parts.serviceName);
  const preheader = parts.preheader === "" ? "" : `${escapeAttribute(parts.preheader)}…`;
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>${escapeAttribute(parts.title)}</title>
<style>${STYLES}</style>
</head>
<body style="${FONT} font-size: 16px; margin: 0; color: #0B0C0C;">
<span style="${HIDDEN}">${preheader}</span>
<table role="presentation" class="hark-page" width="100%" style="border-collapse: collapse;" cellpadding="0" cellspacing="0" border="0">
<tr><td class="hark-banner" align="center" style="background: #0B0C0C; padding: 15px 10px;">
<table role="presentation" class="hark-column" width="580" style="max-width: 580px; width: 100%;" cellpadding="0" cellspacing="0" border="0">
<tr><td style="${FONT} font-size: 24px; line-height: 30px; font-weight: bold; color: #FFFFFF;">${service}</td></tr>
</table>
</td></tr>
<tr><td align="center" style="padding: 30px 10px;">
<table role="presentation" class="hark-column hark-body" width="580" style="max-width: 580px; width: 100%;" cellpadding="0" cellspacing="0" border="0">
<tr><td lang="${language}" style="${FONT} font-size: 19px; line-height: 25px; color: #0B0C0C;">
${parts.body}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}
