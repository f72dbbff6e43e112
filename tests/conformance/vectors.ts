import { ALL_OPS } from "./all_ops.ts";
import { readVectors, runVectors, type Score } from "./run_vectors.ts";

const SHOWN = 600;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function scoreLine(op: string, { passed, listed, total }: Score): string {
  const note = listed === 0 ? "" : ` (${listed} listed in docs/conformance.md)`;
  return `${op} ${passed}/${total}${note}`;
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

/** Runs the cases of the files, prints scores and failures, and gives the exit code: 1 when a case fails unlisted. */
async function main(files: readonly string[]): Promise<number> {
  const vectors = files.flatMap((file) => readVectors(Deno.readTextFileSync(file)));
  const { scores, failures } = await runVectors(ALL_OPS, vectors);
  for (const [op, score] of scores) print(scoreLine(op, score));
  for (const { op, input, expected, got } of failures) {
    print(
      `\n${op}\n  input    ${shown(input)}\n  expected ${shown(expected)}\n  got      ${
        shown(got)
      }`,
    );
  }
  if (vectors.length === 0) print("no cases");
  return vectors.length === 0 || failures.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
