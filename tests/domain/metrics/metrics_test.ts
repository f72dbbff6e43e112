import assert from "node:assert/strict";
import { toExposition } from "../../../domain/metrics/exposition.ts";
import {
  createMetrics,
  MAX_LABEL_LENGTH,
  MAX_LABEL_SETS,
} from "../../../domain/metrics/metrics.ts";
import { parseExposition } from "../../support/exposition.ts";

const parse = (metrics: ReturnType<typeof createMetrics>) =>
  parseExposition(toExposition(metrics.list()));

Deno.test("toExposition: writes nothing without values", () => {
  assert.equal(toExposition(createMetrics().list()), "");
});

Deno.test("createMetrics: adds to counters by their labels", () => {
  const metrics = createMetrics();
  metrics.count("hark_refusals_total", { reason: "rate-limited" });
  metrics.count("hark_refusals_total", { reason: "rate-limited" }, 2);
  metrics.count("hark_refusals_total", { reason: 'a "b" \\ \n c' });
  assert.deepEqual(parse(metrics), [
    { name: "hark_refusals_total", labels: { reason: "rate-limited" }, value: 3 },
    { name: "hark_refusals_total", labels: { reason: 'a "b" \\ \n c' }, value: 1 },
  ]);
});

Deno.test("createMetrics: counts a value in the bucket of its bound and in all above", () => {
  const metrics = createMetrics();
  for (const seconds of [-1, 1, 1.001, 1e9, NaN]) {
    metrics.observe("hark_receipt_lag_seconds", { provider: "post" }, seconds);
  }
  const samples = parse(metrics);
  const below = (le: string) => samples.find(({ labels }) => labels.le === le)?.value;
  assert.deepEqual([below("1"), below("5"), below("259200"), below("+Inf")], [3, 4, 4, 5]);
});

Deno.test(`createMetrics: has ${MAX_LABEL_SETS} combinations of labels at most, the last of them for all others`, () => {
  const metrics = createMetrics();
  for (let at = 0; at < 3 * MAX_LABEL_SETS; at++) {
    metrics.count("hark_refusals_total", { reason: `r${at}` });
  }
  metrics.count("hark_refusals_total", { reason: "r0" });
  const samples = parse(metrics);
  assert.equal(samples.length, MAX_LABEL_SETS);
  const of = (reason: string) => samples.find(({ labels }) => labels.reason === reason)?.value;
  assert.equal(of("r0"), 2);
  assert.equal(of("other"), 2 * MAX_LABEL_SETS + 1);
});

Deno.test(`createMetrics: counts labels of more than ${MAX_LABEL_LENGTH} characters as others`, () => {
  const metrics = createMetrics();
  const longest = "r".repeat(MAX_LABEL_LENGTH);
  for (const reason of [longest, `${longest}r`, "\ud800"]) {
    metrics.count("hark_refusals_total", { reason });
  }
  assert.deepEqual(parse(metrics).map(({ labels, value }) => [labels.reason, value]), [
    [longest, 1],
    ["other", 2],
  ]);
});
