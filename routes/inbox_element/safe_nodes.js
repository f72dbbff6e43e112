/** Elements that are kept. Other elements are replaced by their content. */
const KEPT_TAGS = new Set(
  ("A ABBR B BLOCKQUOTE BR CAPTION CODE DD DIV DL DT EM H1 H2 H3 H4 H5 H6 HR I LI OL P PRE S SMALL SPAN STRONG SUB SUP " +
    "TABLE TBODY TD TFOOT TH THEAD TR U UL").split(" "),
);

/** Elements that are removed with their content. */
const DROPPED_TAGS = new Set(
  ("AUDIO CANVAS EMBED HEAD IFRAME MATH NOEMBED NOFRAMES NOSCRIPT OBJECT SCRIPT SELECT STYLE SVG TEMPLATE TEXTAREA TITLE " +
    "VIDEO XMP").split(" "),
);

const NUMBER_ATTRIBUTES = {
  OL: ["start"],
  LI: ["value"],
  TD: ["colspan", "rowspan"],
  TH: ["colspan", "rowspan"],
};

const LINK_SCHEMES = new Set(["https:", "http:", "mailto:", "tel:"]);

/** The Trusted Types policy for the parser; `undefined` where the browser has none or the page forbids it. */
const trustedPolicy = (() => {
  try {
    return globalThis.trustedTypes?.createPolicy("hark-inbox", { createHTML: (html) => html });
  } catch {
    return undefined;
  }
})();

/**
 * Converts a message's HTML to safe nodes: new elements of the allowed kinds, whose only attributes are a link's absolute
 * address and a few numbers. The server sanitises messages too; this is a second line of defence.
 *
 * @param {string} html
 * @param {number} level minimum level of the headings in it
 * @returns {DocumentFragment}
 */
export function toSafeNodes(html, level = 4) {
  const safe = document.createDocumentFragment();
  try {
    // A document without a window runs no script and loads no resource.
    const parsed = new DOMParser().parseFromString(
      trustedPolicy?.createHTML(html) ?? html,
      "text/html",
    );
    copySafely(parsed.body, safe, level);
  } catch {
    safe.append(html.replace(/<[^>]*>/g, " "));
  }
  return safe;
}

function copySafely(from, to, level) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    // Names of SVG and MathML elements are in lower case.
    const tag = node.tagName.toUpperCase();
    if (DROPPED_TAGS.has(tag)) continue;
    if (!KEPT_TAGS.has(tag)) {
      copySafely(node, to, level);
      continue;
    }
    const copy = document.createElement(toTag(tag, level));
    if (tag === "A") allowLink(node, copy);
    for (const name of NUMBER_ATTRIBUTES[tag] ?? []) {
      const value = node.getAttribute(name);
      if (value !== null && /^[0-9]{1,9}$/.test(value)) copy.setAttribute(name, value);
    }
    copySafely(node, copy, level);
    to.append(copy);
  }
}

/** Lowers the headings of a message below the heading of the message itself. */
function toTag(tag, level) {
  const heading = /^H([1-6])$/.exec(tag);
  return heading === null ? tag : `h${Math.min(6, level + (Number(heading[1]) > 2 ? 1 : 0))}`;
}

function allowLink(from, to) {
  const address = from.getAttribute("href") ?? "";
  // Without a base: a relative address would lead to a page of the portal.
  if (!URL.canParse(address)) return;
  const url = new URL(address);
  if (!LINK_SCHEMES.has(url.protocol)) return;
  to.href = url.href;
  to.rel = "noopener noreferrer";
}
