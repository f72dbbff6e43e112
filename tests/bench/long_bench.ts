/** What needs a million rows or minutes of load. */
import { runJobsBench } from "./long/jobs_bench.ts";
import { measureClaims } from "./long/claims.ts";
import { measureRemote } from "./long/remote.ts";
import { measureRetention } from "./long/retention.ts";
import { measureScale } from "./long/scale.ts";
import { measureSustained } from "./long/sustained.ts";
import {
  claimSpeeds,
  formatScale,
  jobSpeeds,
  remoteSpeed,
  retentionSpeed,
  scalePlots,
  scaleSpeed,
  sustainedSpeed,
} from "./report/long_report.ts";
import { describeMachine } from "./report/machine.ts";
import type { Report } from "./report/sections.ts";
import { formatSpeeds, type SpeedRow } from "./report/table.ts";

/** Measures and prints. */
export async function benchLong(): Promise<Report> {
  const machine = describeMachine();
  console.log(machine);
  const speeds: SpeedRow[] = [];
  const add = (...rows: readonly SpeedRow[]) => {
    console.log(`\n${formatSpeeds(rows)}`);
    speeds.push(...rows);
  };
  add(sustainedSpeed(await measureSustained()));
  const reads = await measureScale();
  console.log(`\n${formatScale(reads)}`);
  add(scaleSpeed(reads));
  add(...claimSpeeds(await measureClaims()));
  add(retentionSpeed(await measureRetention()));
  add(...jobSpeeds(await runJobsBench()));
  add(remoteSpeed(await measureRemote()));
  return {
    sections: [
      { name: "long-machine", text: machine },
      { name: "long-speeds", text: formatSpeeds(speeds) },
      { name: "scale", text: formatScale(reads) },
    ],
    plots: scalePlots(reads),
  };
}
