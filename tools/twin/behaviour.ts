/** Scripted answers, as the stand-ins have them. */
import {
  type Behaviour,
  cutAnswer,
  dropAnswer,
  hang,
  nonsense,
  reportFirst,
  reset,
  slow,
  status,
  takenStatus,
} from "../../tests/support/stand_ins/scripted_server.ts";
import { SECOND_MS } from "../../domain/time/durations.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { TwinProvider } from "./provider.ts";
import type { ScriptedAnswer } from "./requests.ts";

/** The fields that an answer takes beside `answer` and `times`. */
const FIELDS: Readonly<Record<ScriptedAnswer["answer"], readonly (keyof ScriptedAnswer)[]>> = {
  normal: [],
  slow: ["for"],
  error: ["status", "code", "retry_after", "accepted"],
  nonsense: [],
  reset: [],
  hang: ["for"],
  lost: [],
  cut: [],
  "receipt-first": [],
};

const OPTIONAL = ["for", "status", "code", "retry_after", "accepted"] as const;

/** The fields of an error that a provider without bodies of errors does not have. */
const OF_BODIES = ["code", "retry_after", "accepted"] as const;

/** How long a provider is slow, or hangs, unless the script says so. */
const DEFAULT_FOR_MS = { slow: 2 * SECOND_MS, hang: 30 * SECOND_MS } as const;

/**
 * Returns the behaviour of a scripted answer.
 *
 * @param path the answer's place in the script, for the refusal: `next[0]`
 */
export function toBehaviour(
  provider: Pick<TwinProvider, "name" | "receipts" | "errorBody">,
  scripted: ScriptedAnswer,
  path: string,
): Result<Behaviour, string> {
  const { answer } = scripted;
  const strange = OPTIONAL.find((name) =>
    scripted[name] !== undefined && !FIELDS[answer].includes(name)
  );
  if (strange !== undefined) return refuse(`${path}.${strange} is not for the answer ${answer}`);
  switch (answer) {
    case "normal":
      return ok(slow(0));
    case "slow":
      return ok(slow(scripted.for ?? DEFAULT_FOR_MS.slow));
    case "hang":
      return ok(hang(scripted.for ?? DEFAULT_FOR_MS.hang));
    case "nonsense":
      return ok(nonsense());
    case "reset":
      return ok(reset());
    case "lost":
      return ok(dropAnswer());
    case "cut":
      return ok(cutAnswer());
    case "receipt-first":
      if (provider.receipts === "called") return ok(reportFirst());
      return refuse(
        `${path}.answer: ${provider.name} sends no receipts` +
          (provider.receipts === "asked" ? ", Hark asks for them" : ""),
      );
    case "error":
      return toError(provider, scripted, path);
  }
}

function toError(
  provider: Pick<TwinProvider, "name" | "errorBody">,
  scripted: ScriptedAnswer,
  path: string,
): Result<Behaviour, string> {
  const { status: httpStatus, code, retry_after: retryAfter, accepted = false } = scripted;
  if (httpStatus === undefined) return refuse(`${path}.status must be a number from 400 to 599`);
  const { name, errorBody } = provider;
  if (errorBody === undefined) {
    const strange = OF_BODIES.find((field) => scripted[field] !== undefined);
    if (strange !== undefined) return refuse(`${path}.${strange} is not possible with ${name}`);
  }
  const body = code === undefined ? "" : errorBody?.(httpStatus, code);
  if (!accepted) {
    const headers = retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) };
    return ok(status(httpStatus, body, headers));
  }
  return retryAfter === undefined
    ? ok(takenStatus(httpStatus, body))
    : refuse(`${path}.retry_after is for errors without accepted`);
}
