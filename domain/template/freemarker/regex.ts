/** Runs regular expressions in time linear in the text, whatever the expression is: no expression can take long. */
import { compileRegex, isWord, type Program, type RegexFlags, type Step } from "./regex_parse.ts";

/**
 * The offsets of a match in UTF-16 units: start and end of the whole match, then of each group. -1 for a group that did
 * not take part.
 */
export type Places = readonly number[];

/** Called for each character that is read, with the work that it costs. It may throw to stop the search. */
export type Spend = (work: number) => void;

interface Thread {
  readonly at: number;
  readonly places: Places;
}

const KNOWN = new Map<string, Program | undefined>();
/** The most expressions that are remembered. */
const MAX_KNOWN = 200;
/** What an instruction costs at each character of the text, in the unit of the limit `MAX_WORK`. */
const STEP_WORK = 20;

/**
 * Compiles a regular expression. The last ones are cached in the process, at most 200.
 *
 * @param letters the flags `i`, `m`, `s`; other letters are ignored
 * @returns `undefined` where it is not valid or not supported
 */
export function toProgram(text: string, letters: string): Program | undefined {
  const key = `${letters}/${text}`;
  if (KNOWN.has(key)) return KNOWN.get(key);
  const flags: RegexFlags = {
    ignoreCase: letters.includes("i"),
    lines: letters.includes("m"),
    dotAll: letters.includes("s"),
  };
  const program = compileRegex(text, flags);
  if (KNOWN.size >= MAX_KNOWN) KNOWN.clear();
  KNOWN.set(key, program);
  return program;
}

function isLineEnd(text: string, at: number): boolean {
  return at >= 0 && at < text.length && "\n\r\u0085\u2028\u2029".includes(text.charAt(at));
}

function stands(step: Step, text: string, at: number, { lines }: RegexFlags): boolean {
  if (step.kind === "start") return at === 0 || (lines && isLineEnd(text, at - 1));
  if (step.kind === "end") {
    // At the end of the text, also before its last line end.
    return at === text.length || (lines && isLineEnd(text, at)) ||
      (at === text.length - 1 && isLineEnd(text, at));
  }
  const before = at > 0 && isWord(text.charCodeAt(at - 1));
  const after = at < text.length && isWord(text.charCodeAt(at));
  return (before !== after) === (step.kind === "word-edge");
}

/** Adds a thread and all that it goes on to without a character, the preferred ones first. */
function addThread(
  { steps, flags }: Program,
  threads: Thread[],
  seen: Set<number>,
  start: Thread,
  text: string,
  place: number,
): void {
  const open = [start];
  for (let thread = open.pop(); thread !== undefined; thread = open.pop()) {
    const { at, places } = thread;
    if (seen.has(at)) continue;
    seen.add(at);
    const step = steps[at];
    if (step === undefined) continue;
    switch (step.kind) {
      case "go":
        open.push({ at: step.to, places });
        break;
      case "fork":
        open.push({ at: step.second, places }, { at: step.first, places });
        break;
      case "save":
        open.push({ at: at + 1, places: places.with(step.slot, place) });
        break;
      case "take":
      case "done":
        threads.push(thread);
        break;
      default:
        if (stands(step, text, place, flags)) open.push({ at: at + 1, places });
    }
  }
}

/**
 * Finds the first match that begins at or after an offset; `undefined` where there is none.
 *
 * @param isWhole whether the match must be all of the text from `from` to its end
 */
export function findMatch(
  program: Program,
  text: string,
  from: number,
  isWhole: boolean,
  spend: Spend,
): Places | undefined {
  const none: Places = Array.from({ length: (program.groups + 1) * 2 }, () => -1);
  let threads: Thread[] = [];
  let found: Places | undefined;
  for (let place = from;;) {
    spend((program.steps.length + 1) * STEP_WORK);
    const seen = new Set<number>();
    const current: Thread[] = [];
    for (const thread of threads) addThread(program, current, seen, thread, text, place);
    if (found === undefined && (!isWhole || place === from)) {
      addThread(program, current, seen, { at: 0, places: none }, text, place);
    }
    const code = text.codePointAt(place);
    threads = [];
    for (const { at, places } of current) {
      const step = program.steps[at];
      if (step?.kind === "done") {
        if (isWhole && place < text.length) continue;
        found = places;
        // Threads that follow are less preferred.
        break;
      }
      if (step?.kind === "take" && code !== undefined && step.accepts(code)) {
        threads.push({ at: at + 1, places });
      }
    }
    if (code === undefined || (threads.length === 0 && (found !== undefined || isWhole))) {
      return found;
    }
    place += code > 0xffff ? 2 : 1;
  }
}

/** Finds all matches in order. They do not overlap; empty ones count. */
export function findAll(program: Program, text: string, spend: Spend): readonly Places[] {
  const matches: Places[] = [];
  for (let from = 0; from <= text.length;) {
    const match = findMatch(program, text, from, false, spend);
    if (match === undefined) break;
    matches.push(match);
    const [start = 0, end = 0] = match;
    from = end === start ? end + 1 : end;
  }
  return matches;
}

/** The text of a group of a match; empty where the group has none. */
export function groupText(text: string, places: Places, group: number): string {
  const [start = -1, end = -1] = places.slice(group * 2, group * 2 + 2);
  return start === -1 ? "" : text.slice(start, end);
}
