/** Reads the examples of a page of documentation: its code blocks, and the requests of its shell commands. */

/** A fenced code block of a page. */
export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

/** A request that a `curl` command makes. */
export interface CurlRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The code blocks of a page, in order. */
export function codeBlocks(page: string): readonly CodeBlock[] {
  return Array.from(
    page.matchAll(/^```(\w*)\n(.*?)^```$/gms),
    ([, language = "", text = ""]) => ({ language, text }),
  );
}

/**
 * Reads the commands of a shell block: assignments and `curl` with `-sS`, `-X`, `-H` and `-d`.
 *
 * @param variables what `$NAME` stands for; an assignment adds to it unless the name is there already
 * @throws {Error} for a command of another kind, and for an unknown variable
 */
export function readCommands(
  text: string,
  variables: Map<string, string>,
): readonly CurlRequest[] {
  const requests: CurlRequest[] = [];
  for (const line of splitLines(text)) {
    const assigned = /^(?:export )?([A-Z_]+)=(.*)$/s.exec(line);
    if (assigned === null) {
      requests.push(readCurl(splitWords(line, variables)));
      continue;
    }
    const [, name = "", value = ""] = assigned;
    if (!variables.has(name)) variables.set(name, splitWords(value, variables)[0] ?? "");
  }
  return requests;
}

/** Lines that no backslash and no quote continues. */
function splitLines(text: string): readonly string[] {
  const joined = text.replaceAll("\\\n", " ");
  const lines: string[] = [];
  let current = "";
  let quote = "";
  for (const character of joined) {
    if (quote === "" && (character === "'" || character === '"')) quote = character;
    else if (character === quote && !current.endsWith("\\")) quote = "";
    if (character === "\n" && quote === "") {
      lines.push(current);
      current = "";
    } else current += character;
  }
  return [...lines, current].map((line) => line.trim()).filter((line) => line !== "");
}

const WORD = /'([^']*)'|"((?:\\.|[^"\\])*)"|([^\s'"]+)/gs;

function splitWords(line: string, variables: ReadonlyMap<string, string>): readonly string[] {
  const fill = (text: string) =>
    text.replace(/\$([A-Z_]+)/g, (_, name: string) => {
      const value = variables.get(name);
      if (value === undefined) throw new Error(`${name} has no value in: ${line}`);
      return value;
    });
  return Array.from(line.matchAll(WORD), ([, single, double, bare]) => {
    if (single !== undefined) return single;
    return fill(double === undefined ? bare ?? "" : double).replaceAll('\\"', '"');
  });
}

function readCurl([command, ...words]: readonly string[]): CurlRequest {
  if (command !== "curl") throw new Error(`the command ${command} is not known`);
  const headers: Record<string, string> = {};
  let method: string | undefined;
  let body: string | undefined;
  let url = "";
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "-sS") continue;
    if (!word.startsWith("-")) url = word;
    else {
      const value = words[++at] ?? "";
      if (word === "-X") method = value;
      else if (word === "-d") body = value;
      else if (word === "-H") {
        const [, name = "", text = ""] = /^([^:]+): (.*)$/.exec(value) ?? [];
        headers[name] = text;
      } else throw new Error(`the option ${word} is not known`);
    }
  }
  return { url, method: method ?? (body === undefined ? "GET" : "POST"), headers, body };
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{3}Z)?$/;

/**
 * Finds where an answer is not as an example shows it. Ids and times may differ, and an answer may have further fields.
 *
 * @returns the path of each difference
 */
export function differences(actual: unknown, shown: unknown, path = "$"): readonly string[] {
  if (Array.isArray(shown)) {
    if (!Array.isArray(actual) || actual.length !== shown.length) return [path];
    return shown.flatMap((item, index) => differences(actual[index], item, `${path}[${index}]`));
  }
  if (typeof shown === "object" && shown !== null) {
    if (typeof actual !== "object" || actual === null) return [path];
    const fields = new Map(Object.entries(actual));
    return Object.entries(shown).flatMap(([name, value]) =>
      fields.has(name)
        ? differences(fields.get(name), value, `${path}.${name}`)
        : [`${path}.${name}`]
    );
  }
  for (const form of [ID, TIME]) {
    if (typeof shown === "string" && form.test(shown)) {
      return typeof actual === "string" && form.test(actual) ? [] : [path];
    }
  }
  return actual === shown ? [] : [path];
}
