/**
 * Phrases and identifiers that the project does not use, with the standard word for each.
 *
 * A term belongs here only where it is refused wherever it stands. Words that the code also needs in their ordinary sense
 * (`code`, `list`, `part`) do not; the glossary in `docs/glossary.md` covers them.
 */

/** Terms that are refused for one reason. */
export interface RefusedTerms {
  /**
   * Words in lower case, separated by spaces. `*` at the end of a word stands for any ending, `#` for a number. A term also
   * matches in identifiers (`take on`: `takeOn`, `TAKE_ON`) and across the line breaks of a comment.
   */
  readonly terms: readonly string[];
  /** The standard words. */
  readonly instead: string;
  /** Texts in which the terms are allowed: names of other projects, stored names, test data. */
  readonly except?: readonly string[];
}

/** A refused term in a text. */
export interface RefusedPhrase {
  /** Line number, from 1, at which the term begins. */
  readonly line: number;
  /** The term as it stands in the text, on one line. */
  readonly phrase: string;
  readonly instead: string;
}

/** All refused terms. */
export const REFUSED_PHRASES: readonly RefusedTerms[] = [
  // Requests and results.
  {
    terms: ["said again", "says again", "say again", "told again", "tell again", "tells again"],
    instead: "replayed, retried",
  },
  { terms: ["said once more", "told once more", "say once more"], instead: "repeated, replayed" },
  {
    terms: ["is told", "are told", "was told", "be told"],
    instead: "is reported, is returned",
    except: ["be told apart"],
  },
  { terms: ["tells of", "tell of", "told of", "says of", "say of"], instead: "reports, describes" },
  { terms: ["tells nothing", "tell nothing"], instead: "reports nothing, returns nothing" },
  { terms: ["as they should be"], instead: "validation failed" },
  { terms: ["worth repeating"], instead: "retryable" },
  { terms: ["what is asked"], instead: "requested options" },
  { terms: ["dialect*"], instead: "API version, wire format" },
  {
    terms: ["surface", "surfaces"],
    instead: "API",
    except: ["--hark-inbox-surface", "--_surface", "`-surface`"],
  },
  { terms: ["door", "doors"], instead: "trust boundary, authentication step" },
  { terms: ["mint", "mints", "minted", "minting"], instead: "issue (a token)" },
  // Building the application.
  { terms: ["hark together", "whole hark"], instead: "builds the application; composition root" },
  { terms: ["put together", "puts together", "putting together"], instead: "build, compose" },
  { terms: ["furnish*", "furniture"], instead: "seed data, development environment" },
  { terms: ["the house", "rooms"], instead: "layers, modules, codebase layout" },
  { terms: ["the world", "of the world"], instead: "runtime dependencies, environment" },
  { terms: ["what cost thought"], instead: "architecture decision record" },
  // Event loop and scheduling.
  {
    terms: [
      "gets its turn",
      "get its turn",
      "get their turn",
      "gets their turn",
      "have their turn",
    ],
    instead: "yields to the event loop",
  },
  { terms: ["has a turn", "has its turn", "its turn", "longest turn"], instead: "iteration, pass" },
  {
    terms: ["take turns", "takes turns", "taking turns", "in turns", "by turns"],
    instead: "round-robin, fair queueing",
  },
  { terms: ["a breath", "breath"], instead: "pause" },
  { terms: ["patient*", "patience"], instead: "background, low priority; timeout, deadline" },
  { terms: ["at one go"], instead: "in one call, in one step" },
  { terms: ["few at once"], instead: "bounded concurrency" },
  { terms: ["in lanes"], instead: "bounded concurrency (mapWithConcurrency)" },
  { terms: ["held up", "hold up", "holds up"], instead: "blocked, delayed" },
  { terms: ["kick", "kicks"], instead: "dispatch trigger" },
  { terms: ["bell", "bells"], instead: "inbox events: publish, subscribe" },
  // Delivery.
  { terms: ["called off", "call off", "calls off", "calling off"], instead: "cancelled" },
  { terms: ["parked"], instead: "unmatched (receipt)", except: ["receipts_parked"] },
  { terms: ["handed over", "hands over", "hand over", "handover"], instead: "provider accepted" },
  { terms: ["who carries", "carry all"], instead: "provider; sendMessages" },
  { terms: ["plays at"], instead: "simulates" },
  { terms: ["settle unopened", "unopened row", "unopened rows"], instead: "undecryptable" },
  { terms: ["ever longer"], instead: "with increasing delay, backs off" },
  { terms: ["too slow"], instead: "deadline exceeded" },
  { terms: ["what follows from"], instead: "result of, next action after" },
  { terms: ["happenings"], instead: "changes, inbox events" },
  // Storage and caches.
  { terms: ["vault", "vaults"], instead: "encryption" },
  { terms: ["take on", "takes on", "taken on", "took on"], instead: "accept, enqueue" },
  { terms: ["taken up", "takes up", "take up"], instead: "referenced (by a notification)" },
  { terms: ["take back", "takes back", "taken back", "took back"], instead: "roll back, delete" },
  { terms: ["make room", "makes room", "made room"], instead: "evict" },
  { terms: ["has no room", "have no room"], instead: "limit exceeded, no capacity" },
  { terms: ["learnt"], instead: "observed, cached" },
  { terms: ["isolate remembers", "isolate remembered"], instead: "local cache, cached" },
  { terms: ["known counters", "nothing known"], instead: "RateLimitCache, EMPTY_RECALL" },
  { terms: ["no longer so"], instead: "stale; revision conflict" },
  { terms: ["whose of"], instead: "templateFilter" },
  // Jobs, files and templates.
  { terms: ["judge*"], instead: "check, evaluate, decide, validate" },
  // The provider twin is a program.
  { terms: ["twins", "find twin", "twin ms"], instead: "duplicate upload" },
  { terms: ["row cutter", "cutter"], instead: "CSV tokenizer" },
  { terms: ["list check"], instead: "RecipientListValidator" },
  { terms: ["job part"], instead: "JobChunk" },
  { terms: ["send many", "many item"], instead: "SendBatch, BatchItem" },
  { terms: ["let go", "lets go", "letting go"], instead: "start, release" },
  { terms: ["desk", "desks"], instead: "file links", except: ["desk@"] },
  {
    terms: ["sibling", "siblings"],
    instead: "translations, localised variants",
    except: ["nextElementSibling", "previousElementSibling"],
  },
  { terms: ["template family"], instead: "template translations" },
  {
    terms: ["own words"],
    instead: "default text, fallback messages",
    except: ["project's own words"],
  },
  { terms: ["insensitive key"], instead: "normalised placeholder name" },
  { terms: ["python text"], instead: "python_compat" },
  { terms: ["person store"], instead: "recipient settings" },
  // Riddles: name the noun.
  { terms: ["whoever", "whomever", "whosoever"], instead: "the caller, the client, the requests" },
  {
    terms: ["nobody", "nobody's"],
    instead: "name the actor: no worker, no caller",
    except: ["nobody@", '"nobody"', "_nobody_"],
  },
  {
    terms: ["what is no", "what is none", "what are no", "that is none", "which is none"],
    instead: "name the noun: a body that is not valid JSON",
  },
  { terms: ["none of ours", "of ours"], instead: "our own; name the issuer" },
  { terms: ["not to be had", "to be had"], instead: "unavailable" },
  { terms: ["for nothing"], instead: "for empty input, without need" },
  { terms: ["who has it", "where all is"], instead: "name the client, the address" },
  { terms: ["what of a", "what of the"], instead: "the fields of, the part of" },
  { terms: ["of use any more"], instead: "unused, expired" },
  { terms: ["as ever"], instead: "unchanged, as usual" },
  { terms: ["dice"], instead: "randomness, jitter" },
  { terms: ["the peer", "the peer's"], instead: "GOV.UK Notify" },
  // Sources that a reader cannot open.
  { terms: ["facts/*", "issue #"], instead: "a public source" },
];

/** Finds the refused terms of a text, in the order of the list; a term is reported at each place where it stands. */
export function findRefusedPhrases(text: string): readonly RefusedPhrase[] {
  const words = toWords(text);
  return PATTERNS.flatMap(({ start, pattern, instead, except }) => {
    // Most files contain few of the terms, and this is far quicker than the pattern.
    if (!words.includes(start)) return [];
    const checked = except.length === 0 ? words : toWords(without(text, except));
    return [...checked.matchAll(pattern)].map(({ 0: match, index }) => ({
      line: checked.slice(0, index).split("\n").length,
      phrase: match.replaceAll(/\s+/g, " "),
      instead,
    }));
  });
}

const PATTERNS = REFUSED_PHRASES.flatMap(({ terms, instead, except = [] }) =>
  terms.map((term) => ({
    start: /^[^ *#]+/.exec(term)?.[0] ?? "",
    pattern: new RegExp(`(?<![a-z0-9])${toPattern(term)}(?![a-z0-9'])`, "g"),
    instead,
    except,
  }))
);

function toPattern(term: string): string {
  return term.replaceAll("*", "[a-z0-9_/]*").replaceAll("#", "[0-9]+").replaceAll(" ", "\\s+");
}

function without(text: string, names: readonly string[]): string {
  return names.reduce((rest, name) => rest.replaceAll(name, ""), text);
}

/** Splits identifiers into words and removes the marks of comments and lists at line starts; line breaks stay. */
function toWords(text: string): string {
  return text
    .replaceAll(/^[ \t]*(?:\/\*\*?|\*\/?|\/\/+|#+|>|-)(?=[ \t]|$)/gm, "")
    .replaceAll("’", "'")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase();
}
