/** The query of the feed of events: `after` and `wait`. */
import { ok, refuse, type Result } from "../result.ts";

/** The longest that a request for events may ask to wait, in seconds. */
export const MAX_WAIT_S = 30;
/** Max digits of a number in a query: every such number is a safe integer. */
const MAX_DIGITS = 15;

/** The query of a request for events of the service's log. */
export interface FeedQuery {
  /** Only events with a greater number; `undefined` for all that are kept. */
  readonly after: number | undefined;
  /** How long the answer may wait for an event when there is none, in seconds. */
  readonly waitS: number;
}

/** A parameter of the query that is not valid. */
export interface FeedQueryProblem {
  readonly field: string;
  /** What the parameter must be; it follows the name in a sentence. */
  readonly message: string;
}

const PARAMETERS: ReadonlySet<string> = new Set(["after", "wait"]);

/**
 * Parses the query of a request for events. Without `wait` the answer waits 0 seconds. Unknown and repeated parameters
 * are refused.
 *
 * @returns the query; or all problems, which name their parameters and repeat no value
 */
export function parseFeedQuery(
  params: URLSearchParams,
): Result<FeedQuery, readonly FeedQueryProblem[]> {
  const after = readNumber(params.get("after"));
  const wait = readNumber(params.get("wait"));
  const problems: FeedQueryProblem[] = [];
  for (const field of new Set(params.keys())) {
    if (!PARAMETERS.has(field)) {
      problems.push({
        field: field.slice(0, 50),
        message: "is not a parameter of this address: it has after and wait",
      });
    } else if (params.getAll(field).length > 1) {
      problems.push({ field, message: "must be given once" });
    }
  }
  if (after === "not-valid") {
    problems.push({ field: "after", message: "must be the number of an event, or 0" });
  }
  if (wait === "not-valid" || (wait !== undefined && wait > MAX_WAIT_S)) {
    problems.push({ field: "wait", message: `must be a whole number from 0 to ${MAX_WAIT_S}` });
  }
  if (problems.length > 0 || after === "not-valid" || wait === "not-valid") return refuse(problems);
  return ok({ after, waitS: wait ?? 0 });
}

function readNumber(text: string | null): number | undefined | "not-valid" {
  if (text === null) return undefined;
  return /^[0-9]+$/.test(text) && text.length <= MAX_DIGITS ? Number(text) : "not-valid";
}
