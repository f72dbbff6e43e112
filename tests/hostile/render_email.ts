/**
 * Renders an e-mail in a process of its own and prints the cost as JSON. The argument is the unit that its value repeats, as
 * often as a message may have tokens.
 */
import process from "node:process";
import { renderEmailInSteps } from "../../domain/template/email/email.ts";
import { filledSize } from "../../domain/template/filled_size.ts";
import { hasTooManyTokens } from "../../domain/template/markup_tokens.ts";
import { parseTemplate } from "../../domain/template/parse_template.ts";

/** The cost of rendering, printed to standard output. Milliseconds of CPU, other threads included. */
export interface RenderingCost {
  readonly characters: number;
  readonly steps: number;
  readonly longestStepMs: number;
  readonly totalMs: number;
}

const MAX_CHARACTERS = 1_999_000;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

if (import.meta.main) {
  const [unit = ""] = Deno.args;
  const template = parseTemplate({ channel: "email", subject: "s", body: "((a))" });
  const isRefused = (a: string) => hasTooManyTokens(template, { a }, filledSize(template, { a }));
  let length = MAX_CHARACTERS;
  while (isRefused(unit.repeat(length / unit.length))) length *= 0.95;
  const a = unit.repeat(length / unit.length);
  const render = (): RenderingCost => {
    const steps = renderEmailInSteps(template, { a }, { serviceName: "Council" });
    let longestStepMs = 0;
    const start = cpuMs();
    for (let count = 1;; count++) {
      const before = cpuMs();
      const { done } = steps.next();
      longestStepMs = Math.max(longestStepMs, cpuMs() - before);
      if (done === true) {
        return { characters: a.length, steps: count, longestStepMs, totalMs: cpuMs() - start };
      }
    }
  };
  const costs = [render(), render(), render()];
  const best = costs.toSorted((one, other) => one.longestStepMs - other.longestStepMs)[0];
  console.log(JSON.stringify(best));
}
