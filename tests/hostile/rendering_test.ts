import assert from "node:assert/strict";
import type { RenderingCost } from "./render_email.ts";

const PROSE =
  'Dear Ann, it\'s "so" - see https://e.com/a & [here](https://e.com/b).\n\n* one\n* two\n\n';

/** Twice to three times what an idle machine with two cores needs: tests run beside each other. */
const MAX_STEP_MS = 150;
const MAX_TOTAL_MS = 800;

for (
  const unit of [
    "&",
    "<",
    "&lt;",
    "a\n",
    "a\n\n",
    "* a\n",
    "1.\n",
    "* [a](b)\n",
    "https://a.b ",
    PROSE,
  ]
) {
  Deno.test(`renderEmailInSteps: bounds the CPU of each step when the largest e-mail repeats ${JSON.stringify(unit).slice(0, 20)}`, async () => {
    const renderer = new URL("render_email.ts", import.meta.url);
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--lock=tests/deno.lock", renderer.pathname, unit],
      cwd: new URL("../..", import.meta.url),
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const shown = new TextDecoder().decode(stdout);
    const cost: RenderingCost = JSON.parse(shown);
    assert.ok(cost.steps >= 10, shown);
    assert.ok(cost.longestStepMs <= MAX_STEP_MS, shown);
    assert.ok(cost.totalMs <= MAX_TOTAL_MS, shown);
  });
}
