/**
 * The names of HTML's elements, in lower case: current elements, obsolete ones that browsers still support, and the root
 * elements of SVG and MathML. (WHATWG HTML, "Index of elements" and "Obsolete features")
 */
export const HTML_ELEMENTS: ReadonlySet<string> = new Set([
  // The document and its head.
  ..."html head body title base link meta style script noscript template slot".split(" "),
  // Sections and blocks.
  ..."address article aside footer header h1 h2 h3 h4 h5 h6 hgroup main nav section search".split(
    " ",
  ),
  ..."blockquote dd div dl dt figcaption figure hr li menu ol p pre ul details dialog summary"
    .split(" "),
  // Inline elements.
  ..."a abbr b bdi bdo br cite code data dfn em i kbd mark q rp rt ruby s samp small span".split(
    " ",
  ),
  ..."strong sub sup time u var wbr del ins".split(" "),
  // Images, sound and embedded content.
  ..."area audio canvas embed iframe img map math object picture source svg track video".split(" "),
  // Tables.
  ..."table caption col colgroup tbody td tfoot th thead tr".split(" "),
  // Forms.
  ..."button datalist fieldset form input label legend meter optgroup option output".split(" "),
  ..."progress select textarea".split(" "),
  // Obsolete elements, which are common in e-mails.
  ..."acronym applet basefont bgsound big blink center dir font frame frameset image isindex".split(
    " ",
  ),
  ..."keygen listing marquee menuitem nextid nobr noembed noframes param plaintext rb rtc".split(
    " ",
  ),
  ..."spacer strike tt xmp".split(" "),
]);
