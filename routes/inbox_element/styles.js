/** The element's style sheet. Properties `--_…` are private; the head of `inbox.js` lists the public ones. */
const CSS = `
:host {
  --_font: var(--hark-inbox-font, inherit);
  --_radius: var(--hark-inbox-radius, 10px);
  --_gap: var(--hark-inbox-gap, 0.5rem);
  --_ink: var(--hark-inbox-ink, #1d2024);
  --_quiet: var(--hark-inbox-quiet, #484d55);
  --_surface: var(--hark-inbox-surface, #fff);
  --_sunk: var(--hark-inbox-sunk, #f0efeb);
  --_line: var(--hark-inbox-line, #85898f);
  --_accent: var(--hark-inbox-accent, #085a4d);
  --_on-accent: var(--hark-inbox-on-accent, #fff);
  --_focus: var(--hark-inbox-focus, var(--_accent));
  display: block;
  color: var(--_ink);
  font-family: var(--_font);
  line-height: 1.5;
}
@supports (color: light-dark(#000, #fff)) {
  :host {
    --_ink: var(--hark-inbox-ink, light-dark(#1d2024, #e9e7e2));
    --_quiet: var(--hark-inbox-quiet, light-dark(#484d55, #b8bdc5));
    --_surface: var(--hark-inbox-surface, light-dark(#fff, #1c1f24));
    --_sunk: var(--hark-inbox-sunk, light-dark(#f0efeb, #282c33));
    --_line: var(--hark-inbox-line, light-dark(#85898f, #6d737c));
    --_accent: var(--hark-inbox-accent, light-dark(#085a4d, #7fd1c0));
    --_on-accent: var(--hark-inbox-on-accent, light-dark(#fff, #10211e));
  }
}
:host([hidden]), [hidden] { display: none !important; }
*, ::before, ::after { box-sizing: border-box; }
.inbox {
  padding: 1rem;
  border-radius: var(--_radius);
  background: var(--_surface);
}
.header, .actions {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: var(--_gap) 1rem;
}
.header { justify-content: space-between; }
.heading {
  display: flex;
  align-items: center;
  gap: 0.5rem;
  margin: 0;
  font-size: 1.5em;
  line-height: 1.3;
}
.badge {
  min-width: 1.75em;
  padding: 0 0.5em;
  border: 1px solid transparent;
  border-radius: 1em;
  background: var(--_accent);
  color: var(--_on-accent);
  font-size: 0.6em;
  line-height: 1.75;
  text-align: center;
}
button {
  font: inherit;
  color: inherit;
  cursor: pointer;
}
.button {
  min-height: 2.75rem;
  padding: 0.375rem 0.875rem;
  border: 1px solid var(--_line);
  border-radius: var(--_radius);
  background: var(--_surface);
  color: var(--_ink);
}
.button[part~="more"] { margin-top: 1rem; }
.button:hover { background: var(--_sunk); }
.button[aria-pressed="true"] {
  border-color: var(--_accent);
  background: var(--_accent);
  color: var(--_on-accent);
}
.button[aria-disabled="true"] { opacity: 0.55; cursor: default; }
:focus-visible { outline: 3px solid var(--_focus); outline-offset: 2px; }
.note:not(:empty), .state { margin: 1rem 0 0; color: var(--_ink); }
.note:empty { margin: 0; }
.note:not(:empty) { padding-inline-start: 0.75rem; border-inline-start: 4px solid var(--_accent); }
.state p { margin: 0 0 0.75rem; }
.ways { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem 1.5rem; }
.list {
  display: grid;
  gap: var(--_gap);
  margin: 1rem 0 0;
  padding: 0;
  list-style: none;
}
.message {
  min-width: 0;
  border: 1px solid var(--_line);
  border-radius: var(--_radius);
}
.title { margin: 0; font-size: 1em; font-weight: inherit; }
.toggle {
  display: grid;
  grid-template-columns: 0.75rem minmax(0, 1fr) 0.75rem;
  align-items: baseline;
  gap: 0 0.625rem;
  width: 100%;
  min-height: 2.75rem;
  padding: 0.625rem 0.75rem;
  border: 0;
  border-radius: var(--_radius);
  background: none;
  text-align: start;
}
.toggle:hover, .closed:hover { background: var(--_sunk); }
.marker { width: 0.625rem; height: 0.625rem; border-radius: 50%; }
.unread .marker { background: var(--_accent); }
.unread .subject { font-weight: 700; }
.subject { overflow-wrap: anywhere; }
.preview {
  display: -webkit-box;
  margin: -0.375rem 2.125rem 0.625rem;
  overflow: hidden;
  color: var(--_quiet);
  cursor: pointer;
  overflow-wrap: anywhere;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
}
.preview:empty { display: none; }
@media (min-width: 40rem) {
  .preview { -webkit-line-clamp: 1; }
}
.time { grid-column: 2; color: var(--_quiet); font-size: 0.875em; }
.chevron {
  grid-area: 1 / 3;
  width: 0.5rem;
  height: 0.5rem;
  border: solid currentColor;
  border-width: 0 2px 2px 0;
  transform: translateY(-0.125rem) rotate(45deg);
}
[aria-expanded="true"] .chevron { transform: translateY(0.125rem) rotate(225deg); }
.content {
  padding: 0.75rem 0.875rem 0.875rem 2.125rem;
  overflow-wrap: anywhere;
}
.content > :first-child { margin-top: 0; }
.content > :last-child { margin-bottom: 0; }
.content a { color: var(--_accent); }
.content :is(h1, h2, h3, h4, h5, h6) { font-size: 1.0625em; margin: 1em 0 0.5em; }
.content :is(ul, ol) { padding-inline-start: 1.25em; }
.content ul { list-style-type: disc; }
.content blockquote { margin-inline: 0; padding-inline-start: 1em; border-inline-start: 3px solid var(--_line); }
.content pre { white-space: pre-wrap; }
.content table { width: 100%; border-collapse: collapse; }
.content :is(td, th) { padding: 0.25em 0.5em; border: 1px solid var(--_line); text-align: start; }
.unseen {
  position: absolute;
  width: 1px;
  height: 1px;
  margin: 0;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
@media (prefers-reduced-motion: no-preference) {
  .chevron { transition: transform 0.15s; }
}
@media (forced-colors: active) {
  .badge { border-color: CanvasText; }
  .unread .marker { forced-color-adjust: none; background: CanvasText; }
  .button[aria-pressed="true"] { forced-color-adjust: none; border-color: Highlight; background: Highlight; color: HighlightText; }
  .button[aria-disabled="true"] { color: GrayText; opacity: 1; }
}
`;

const sheets = new WeakMap();

/** Returns the document's style sheet. It is constructed by script, which every Content-Security-Policy allows. */
export function sheetOf(document) {
  let sheet = sheets.get(document);
  if (sheet === undefined) {
    sheet = new document.defaultView.CSSStyleSheet();
    sheet.replaceSync(CSS);
    sheets.set(document, sheet);
  }
  return sheet;
}
