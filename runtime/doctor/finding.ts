/** What `doctor` has found out about a part of a deployment. */
export interface Finding {
  /** `fault`: the deployment does not work, or is not safe, in this respect. `warning`: it may not, or soon will not. */
  readonly level: "ok" | "warning" | "fault";
  /** The part, such as `database`. */
  readonly part: string;
  /** What is so, and of a warning or a fault what to do. It has no secret and no recipient. */
  readonly text: string;
}

/** The levels of {@link Finding}, the worst last. */
export const LEVELS = ["ok", "warning", "fault"] as const satisfies readonly Finding["level"][];

/** Makes the findings of one part. */
export interface Report {
  ok(text: string): Finding;
  warning(text: string): Finding;
  fault(text: string): Finding;
}

/** Creates functions that make findings of a part. */
export function reportOn(part: string): Report {
  return {
    ok: (text) => ({ level: "ok", part, text }),
    warning: (text) => ({ level: "warning", part, text }),
    fault: (text) => ({ level: "fault", part, text }),
  };
}
