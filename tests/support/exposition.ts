/** A strict parser of Prometheus' text format, version 0.0.4. */
import assert from "node:assert/strict";

/** A sample: the metric, its labels, and its value. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|\+Inf|NaN)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,(?=[a-zA-Z_])|$)/y;

function readLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    assert.ok(match, `labels: ${text}`);
    const [, name = "", value = ""] = match;
    assert.ok(!Object.hasOwn(labels, name), `a label twice: ${text}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, c) => c === "n" ? "\n" : c);
  }
  return labels;
}

/**
 * Parses the format. Every sample must stand below the help and type of its metric, no metric and no sample may come
 * twice, counters must not be negative and their names must end in `_total`, and histograms must be cumulative, with a
 * last bucket that is their count.
 */
export function parseExposition(text: string): readonly Sample[] {
  assert.ok(text === "" || text.endsWith("\n"), "the last line ends");
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const seen = new Set<string>();
  let current = "";
  let helped = "";
  for (const line of text.split("\n").slice(0, -1)) {
    const help = /^# HELP (\S+) (.+)$/.exec(line);
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (help !== null) {
      helped = help[1] ?? "";
      continue;
    }
    if (type !== null) {
      current = type[1] ?? "";
      assert.equal(helped, current, "the help comes before the type");
      assert.ok(!types.has(current), `${current} comes twice`);
      types.set(current, type[2] ?? "");
      continue;
    }
    const match = SAMPLE.exec(line);
    assert.ok(match, `not a sample: ${line}`);
    const [, name = "", labels = "", value = ""] = match;
    const suffixes = types.get(current) === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    assert.ok(suffixes.some((suffix) => name === current + suffix), `${name} below ${current}`);
    const sample = {
      name,
      labels: readLabels(labels),
      value: value === "+Inf" ? Infinity : Number(value),
    };
    const key = name + JSON.stringify(Object.entries(sample.labels).toSorted());
    assert.ok(!seen.has(key), `a sample twice: ${line}`);
    seen.add(key);
    samples.push(sample);
    if (types.get(current) === "counter") {
      assert.ok(name.endsWith("_total") && sample.value >= 0, line);
    }
  }
  for (const [name, type] of types) if (type === "histogram") checkHistogram(samples, name);
  return samples;
}

function checkHistogram(samples: readonly Sample[], name: string): void {
  const groups = Map.groupBy(
    samples.filter((sample) => sample.name === `${name}_bucket`),
    ({ labels: { le: _, ...labels } }) => JSON.stringify(labels),
  );
  assert.ok(groups.size > 0, name);
  for (const [labels, buckets] of groups) {
    const bounds = buckets.map(({ labels: { le = "" } }) => le === "+Inf" ? Infinity : Number(le));
    assert.ok(bounds.every((bound, at) => at === 0 || bound > (bounds[at - 1] ?? Infinity)), name);
    assert.equal(bounds.at(-1), Infinity);
    assert.ok(buckets.every(({ value }, at) => at === 0 || value >= (buckets[at - 1]?.value ?? 0)));
    const count = samples.find((sample) =>
      sample.name === `${name}_count` && JSON.stringify(sample.labels) === labels
    );
    assert.equal(count?.value, buckets.at(-1)?.value, name);
  }
}
