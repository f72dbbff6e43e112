import client from "./client.js" with { type: "text" };
import eventStream from "./event_stream.js" with { type: "text" };
import inbox from "./inbox.js" with { type: "text" };
import live from "./live.js" with { type: "text" };
import messages from "./messages.js" with { type: "text" };
import safeNodes from "./safe_nodes.js" with { type: "text" };
import session from "./session.js" with { type: "text" };
import styles from "./styles.js" with { type: "text" };
import texts from "./texts.js" with { type: "text" };
import times from "./times.js" with { type: "text" };
import view from "./view.js" with { type: "text" };
import waiting from "./waiting.js" with { type: "text" };

/** The modules, each after those that it imports. */
const MODULES = [
  texts,
  times,
  styles,
  waiting,
  safeNodes,
  eventStream,
  messages,
  client,
  live,
  session,
  view,
  inbox,
] as const;

const BANNER = "// <hark-inbox>: a citizen's messages in any page. Part of Hark, MIT licence.\n";

/**
 * The source of the custom element `<hark-inbox>` as one JavaScript module, which `GET /inbox.js` serves: the element's
 * modules, concatenated, without imports, exports, comments and indentation. The modules' top-level names must all differ; otherwise
 * the script is a syntax error.
 */
export const INBOX_SCRIPT: string = BANNER + MODULES.map((module) =>
  module
    .replaceAll(/^import [^;]*;\n/gm, "")
    .replaceAll(/^export /gm, "")
    .replaceAll(/^ *\/\*\*[^]*?\*\/\n/gm, "")
    .replaceAll(/^ *\/\/.*\n/gm, "")
    // Of texts of several lines there is only CSS.
    .replaceAll(/^ +/gm, "")
).join("");
