/** Counts the markup of a message before it is rendered: rendering costs time for each token. */
import type { Personalisation, Values } from "./fill.ts";
import type { TemplateEngine } from "./engine.ts";
import { TemplateStopped } from "./freemarker/limits.ts";
import { toText } from "../python_compat/text.ts";
import type { Placeholder, Segment } from "./segments.ts";
import { parseSegments } from "./placeholders.ts";
import type { TemplateSyntax } from "./syntax.ts";
import { type Template, type TemplateSource, valuesOf } from "./template.ts";

/**
 * The most markup tokens of an e-mail: characters, such as line ends and brackets, that markdown, escaping or
 * typography treat specially. A message with more is refused. Other channels' messages are too short to need the limit.
 */
export const MAX_MARKUP_TOKENS = 200_000;

/** Characters that begin or end markup, or that escaping and typography may replace. */
const TOKENS = {
  markdown: "&<>\\[]()!_*`~\"'@^#:|-–—\n\r\t\u2424",
  html: "&<",
} as const;

type Markup = keyof typeof TOKENS;

/** A line end counts twice: it begins a block and the block's text. */
const WEIGHTS: ReadonlyMap<string, number> = new Map([["\n", 2]]);
/** What a slash after a colon adds: the address becomes a link, in several parts of the message. */
const LINK_TOKENS = 3;
const COLON = 0x3a;
const SLASH = 0x2f;

/** Codes below have an entry in a table; others are compared. */
const TABLE_CODES = 0x80;
const TABLES = {
  markdown: tableOf(TOKENS.markdown),
  html: tableOf(TOKENS.html),
} as const satisfies Record<Markup, Uint8Array>;
/** The first of the tokens above the table. */
const FIRST_WIDE_TOKEN = 0x2013;
const LINE_FEED = 0x0a;
/** A list item of a value: a line end and a mark. */
const BULLET_TOKENS = 3;
/** Brackets and marks of a placeholder without a value. */
const UNFILLED_TOKENS = 8;

function tableOf(tokens: string): Uint8Array {
  return Uint8Array.from(
    { length: TABLE_CODES },
    (_, code) => {
      const character = String.fromCharCode(code);
      return tokens.includes(character) ? WEIGHTS.get(character) ?? 1 : 0;
    },
  );
}

type ParsedBody = Pick<Template, "channel" | "syntax" | "body">;

function markupOf(syntax: TemplateSyntax): Markup {
  return syntax === "notify" ? "markdown" : "html";
}

/** Counts the tokens of a text. A run of line feeds counts once. */
function countMarkupTokens(text: string, markup: Markup): number {
  const table = TABLES[markup];
  const tokens = TOKENS[markup];
  let count = 0;
  let before = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= TABLE_CODES) {
      if (code >= FIRST_WIDE_TOKEN && tokens.includes(text.charAt(at))) count++;
    } else if (code === SLASH && before === COLON) count += LINK_TOKENS;
    else if (code !== LINE_FEED || before !== LINE_FEED) count += table[code] ?? 0;
    before = code;
  }
  return count;
}

/** The tokens of segments that are text and `((name))` placeholders. */
function plainTokens(parts: readonly Segment[], values: Values, markup: Markup): number {
  const known = new Map<string, number>();
  const tokensOf = ({ key, name, conditionalText }: Placeholder): number => {
    const written = UNFILLED_TOKENS + countMarkupTokens(conditionalText ?? name, markup);
    const value = values.get(key);
    if (conditionalText !== undefined || value === undefined || value === null) return written;
    const tokens = known.get(key) ?? valueTokens(value, markup);
    known.set(key, tokens);
    return tokens;
  };
  let sum = 0;
  for (const part of parts) {
    if (typeof part === "string") sum += countMarkupTokens(part, markup);
    else if (part.kind === "placeholder") sum += tokensOf(part);
  }
  return sum;
}

function valueTokens(value: unknown, markup: Markup): number {
  if (!Array.isArray(value)) return countMarkupTokens(toText(value), markup);
  return value.reduce(
    (sum: number, item) => sum + valueTokens(item, markup) + BULLET_TOKENS,
    BULLET_TOKENS,
  );
}

function expandedTokens(
  engine: TemplateEngine,
  parts: readonly Segment[],
  values: Values,
  markup: Markup,
): number {
  let count = 0;
  try {
    engine.expand(parts, values, false, (text) => count += countMarkupTokens(text, markup));
    return count;
  } catch (stopped) {
    // The message exceeds the limits of all messages, and is refused by them.
    if (stopped instanceof TemplateStopped) return count;
    throw stopped;
  }
}

/**
 * Whether an e-mail has more than {@link MAX_MARKUP_TOKENS}, so that rendering it would take too long. It takes time linear in
 * the template and the values, however often the template uses a value, and none for messages with fewer characters.
 *
 * @param size the size of the filled message, an upper bound as `filledSize` returns it
 */
export function hasTooManyTokens(
  template: Template,
  personalisation: Personalisation,
  size: number,
): boolean {
  if (template.channel !== "email" || size <= MAX_MARKUP_TOKENS) return false;
  const values = valuesOf(template, personalisation, false);
  const markup = markupOf(template.syntax);
  const parts = [...template.subject, ...template.body];
  const { engine } = template;
  const tokens = engine === undefined
    ? plainTokens(parts, values, markup)
    : expandedTokens(engine, parts, values, markup);
  return tokens > MAX_MARKUP_TOKENS;
}

/** Whether the text of an e-mail's template alone has more than {@link MAX_MARKUP_TOKENS}, whatever its values are. */
export function hasTooManyFixedTokens({ channel, syntax, body }: ParsedBody): boolean {
  if (channel !== "email") return false;
  const markup = markupOf(syntax);
  const tokens = body.reduce(
    (sum, part) => typeof part === "string" ? sum + countMarkupTokens(part, markup) : sum,
    0,
  );
  return tokens > MAX_MARKUP_TOKENS;
}

/**
 * As {@link hasTooManyFixedTokens}, for a template that is not parsed yet: it is cheaper than to parse a long text
 * whole. Always `false` for FreeMarker templates.
 */
export function hasTooManyWrittenTokens(
  { channel, syntax = "notify", body }: TemplateSource,
): boolean {
  if (channel !== "email" || syntax === "freemarker" || body.length <= MAX_MARKUP_TOKENS / 2) {
    return false;
  }
  return hasTooManyFixedTokens({ channel, syntax, body: parseSegments(body) });
}
