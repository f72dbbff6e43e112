import { METRICS, type MetricValues, type Series } from "./metrics.ts";

/** The content type of {@link toExposition}. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Writes metrics in Prometheus' text format, version 0.0.4. */
export function toExposition(metrics: readonly MetricValues[]): string {
  return metrics.map(writeMetric).join("");
}

function writeMetric({ name, series }: MetricValues): string {
  const { type, help, labels } = METRICS[name];
  const lines = series.flatMap((one) => {
    const pairs = labels.map((label, at) => [label, one.labels[at] ?? ""] as const);
    return type === "histogram"
      ? writeHistogram(name, pairs, one)
      : [`${name}${writeLabels(pairs)} ${one.value}`];
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

type Pairs = readonly (readonly [label: string, value: string])[];

function writeHistogram(
  name: MetricValues["name"],
  pairs: Pairs,
  { value, buckets }: Series,
): readonly string[] {
  const definition = METRICS[name];
  const bounds = "buckets" in definition ? definition.buckets : [];
  let count = 0;
  const lines = buckets.map((inBucket, at) => {
    count += inBucket;
    const bound = at < bounds.length ? String(bounds[at]) : "+Inf";
    return `${name}_bucket${writeLabels([...pairs, ["le", bound]])} ${count}`;
  });
  return [
    ...lines,
    `${name}_sum${writeLabels(pairs)} ${value}`,
    `${name}_count${writeLabels(pairs)} ${count}`,
  ];
}

function writeLabels(pairs: Pairs): string {
  return pairs.length === 0
    ? ""
    : `{${pairs.map(([label, value]) => `${label}="${escape(value)}"`).join(",")}}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
