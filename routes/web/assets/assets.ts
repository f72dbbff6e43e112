import { createHash } from "node:crypto";
import copy from "./copy.js" with { type: "text" };
import progress from "./progress.js" with { type: "text" };
import editor from "./editor.js" with { type: "text" };
import reveal from "./reveal.js" with { type: "text" };
import styles from "./web.css" with { type: "text" };

/** A file that the pages load. */
export interface Asset {
  readonly type: string;
  readonly text: string;
  /** Its entity tag (RFC 9110 section 8.8.3). */
  readonly tag: string;
}

const ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">' +
  '<rect width="24" height="24" rx="7" fill="#0b6e5f"/>' +
  '<path d="M6 9.5a6 6 0 0 1 6 6M6 5.5a10 10 0 0 1 10 10" fill="none" stroke="#fff"' +
  ' stroke-width="2.4" stroke-linecap="round"/><circle cx="7.2" cy="15.4" r="1.7" fill="#fff"/></svg>';

const JAVASCRIPT = "text/javascript; charset=utf-8";

const files = new Map<string, Asset>();

/** The files by the last segment of their addresses. A name contains a hash of the text, so it never changes. */
export const ASSET_FILES: ReadonlyMap<string, Asset> = files;

/** The addresses of the files. */
export const ASSETS = {
  icon: add("icon", "svg", "image/svg+xml; charset=utf-8", ICON),
  styles: add("web", "css", "text/css; charset=utf-8", styles),
  scripts: {
    copy: add("copy", "js", JAVASCRIPT, copy),
    progress: add("progress", "js", JAVASCRIPT, progress),
    editor: add("editor", "js", JAVASCRIPT, editor),
    reveal: add("reveal", "js", JAVASCRIPT, reveal),
  },
} as const;

function add(name: string, extension: string, type: string, text: string): string {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const file = `${name}.${hash}.${extension}`;
  files.set(file, { type, text, tag: `"${hash}"` });
  return `/assets/${file}`;
}
