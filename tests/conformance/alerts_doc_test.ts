/** The alert rules of docs/operating.md against the metrics that there are. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { METRICS } from "../../domain/metrics/metrics.ts";

const PAGE = new URL("../../docs/operating.md", import.meta.url);

/** Metrics that no alert needs. */
const WITHOUT_ALERT = ["hark_build_info"];

const metrics = new Map<string, readonly string[]>(
  Object.entries(METRICS).map(([name, { labels }]) => [name, labels]),
);

interface Rule {
  readonly alert: string;
  readonly expression: string;
}

async function readPage(): Promise<{ readonly page: string; readonly rules: readonly Rule[] }> {
  const page = await readFile(PAGE, "utf8");
  const yaml = /```yaml\ngroups:[\s\S]*?```/.exec(page)?.[0] ?? "";
  const rules = yaml.split(/^ {6}- alert: /m).slice(1).map((rule): Rule => {
    const [alert = "", ...lines] = rule.split("\n");
    return { alert, expression: lines.join("\n").replace(/^ {8}for: .*$/m, "") };
  });
  return { page, rules };
}

/** The metric of a series: a histogram has three series. */
const metricOf = (series: string) => series.replace(/_(?:bucket|sum|count)$/, "");

Deno.test("docs/operating.md: the alert rules name metrics and labels that there are, and each metric has a rule", async () => {
  const { rules } = await readPage();
  assert.ok(rules.length >= 15);
  const used = new Set<string>();
  for (const { alert, expression } of rules) {
    const series = [...expression.matchAll(/\b(hark_\w+)(?:\{([^}]*)\})?/g)];
    assert.ok(series.length > 0, alert);
    for (const [, name = "", matchers = ""] of series) {
      const metric = metrics.has(name) ? name : metricOf(name);
      const labels = metrics.get(metric);
      assert.ok(labels !== undefined, `${alert}: ${name}`);
      used.add(metric);
      for (const [, label = ""] of matchers.matchAll(/(\w+)(?:=|!=|=~|!~)"/g)) {
        assert.ok(labels.includes(label), `${alert}: ${name} has no label ${label}`);
      }
    }
    for (const [, grouped = ""] of expression.matchAll(/by \(([^)]*)\)/g)) {
      for (const label of grouped.split(/, */).filter((label) => label !== "le")) {
        const isKnown = series.some(([, name = ""]) =>
          metrics.get(metrics.has(name) ? name : metricOf(name))?.includes(label)
        );
        assert.ok(isKnown, `${alert}: none of its metrics has the label ${label}`);
      }
    }
  }
  const without = [...metrics.keys()].filter((name) => !used.has(name));
  assert.deepEqual(without, WITHOUT_ALERT);
});

Deno.test("docs/operating.md: each alert has a line that tells what to do, and each metric its line", async () => {
  const { page, rules } = await readPage();
  const runbook = [...page.matchAll(/^\| `(Hark\w+)`/gm)].map(([, name]) => name);
  assert.deepEqual(runbook.toSorted(), rules.map(({ alert }) => alert).toSorted());
  for (const name of metrics.keys()) assert.ok(page.includes(`\`${name}\``), name);
});
