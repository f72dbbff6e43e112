/** What needs a million rows or minutes of load. */
import { measureEnumeration } from "./http/enumeration.ts";
import { measureEdge } from "./long/edge.ts";
import { runJobsBench } from "./long/jobs_bench.ts";
import { measureClaims } from "./long/claims.ts";
import { measureMigration } from "./long/migration.ts";
import { measureRemote } from "./long/remote.ts";
import { measureRetention } from "./long/retention.ts";
import { measureScale, type ScaledRead } from "./long/scale.ts";
import { measureWaiting } from "./long/waiting.ts";
import { measureSustained } from "./long/sustained.ts";
import {
  FEW_MESSAGES,
  MANY_MESSAGES,
  measureServicePages,
  type ServicePages,
} from "./pages/service_bench.ts";
import {
  claimSpeeds,
  edgeSpeeds,
  enumerationSpeeds,
  formatScale,
  jobSpeeds,
  migrationSpeed,
  remoteSpeed,
  retentionSpeed,
  scalePlots,
  scaleSpeed,
  sustainedSpeed,
  waitingSpeeds,
} from "./report/long_report.ts";
import { describeMachine } from "./report/machine.ts";
import { formatPages, servicePageSpeeds } from "./report/page_report.ts";
import type { Report } from "./report/sections.ts";
import { formatSpeeds, measureSpeeds } from "./report/table.ts";

/** Measures and prints. */
export async function benchLong(): Promise<Report> {
  const machine = describeMachine();
  console.log(machine);
  let reads: readonly ScaledRead[] = [];
  let pages: ServicePages | undefined;
  const speeds = [
    ...await measureSpeeds(
      "five minutes of load",
      measureSustained,
      (sustained) => [sustainedSpeed(sustained)],
    ),
    ...await measureSpeeds("reads by rows", measureScale, (scaled) => {
      reads = scaled;
      console.log(`\n${formatScale(reads)}`);
      return [scaleSpeed(reads)];
    }),
    ...await measureSpeeds(
      "pages by messages",
      () => measureServicePages([FEW_MESSAGES, MANY_MESSAGES]),
      (measured) => {
        pages = measured;
        console.log(`\n${formatPages(measured)}`);
        return servicePageSpeeds(measured);
      },
    ),
    ...await measureSpeeds("claims", measureClaims, claimSpeeds),
    ...await measureSpeeds(
      "retries and accepts beside retention",
      measureRetention,
      (meanwhile) => [retentionSpeed(meanwhile)],
    ),
    ...await measureSpeeds("consumers that wait", measureWaiting, waitingSpeeds),
    ...await measureSpeeds(
      "answers to addresses with and without an account",
      measureEnumeration,
      enumerationSpeeds,
    ),
    ...await measureSpeeds("a large job", runJobsBench, jobSpeeds),
    ...await measureSpeeds(
      "several processes on one remote server",
      measureRemote,
      (rates) => [remoteSpeed(rates)],
    ),
    ...await measureSpeeds("the Worker, 30 ms and six connections", measureEdge, edgeSpeeds),
    ...await measureSpeeds(
      "a migration under SIGKILL",
      measureMigration,
      (migrated) => [migrationSpeed(migrated)],
    ),
  ];
  return {
    sections: [
      { name: "long-machine", text: machine },
      { name: "long-speeds", text: formatSpeeds(speeds) },
      ...(reads.length === 0 ? [] : [{ name: "scale", text: formatScale(reads) }]),
      ...(pages === undefined ? [] : [{ name: "pages", text: formatPages(pages) }]),
    ],
    plots: reads.length === 0 ? [] : scalePlots(reads),
  };
}
