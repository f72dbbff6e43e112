/** What is measured over HTTP, against real processes. */
import { measureAccepts, startAcceptContenders } from "./http/accept.ts";
import { measureCallbacks } from "./http/callbacks.ts";
import {
  measureEmailBatches,
  measureSandboxDelivery,
  measureTwilioDelivery,
} from "./http/delivery.ts";
import { measurePages } from "./http/pages.ts";
import { profileAccepts, profileLists } from "./http/profile.ts";
import { measureReads } from "./http/reads.ts";
import { measureSlowFsync } from "./http/slow_fsync.ts";
import { measureIdle } from "./http/start.ts";
import { FEW_MESSAGES, measureServicePages } from "./pages/service_bench.ts";
import { acceptPlots, acceptSpeeds, formatAccepts, formatProfile } from "./report/accept_report.ts";
import { describeMachine } from "./report/machine.ts";
import { servicePageSpeeds } from "./report/page_report.ts";
import type { Report } from "./report/sections.ts";
import {
  callbackSpeeds,
  deliverySpeed,
  idleSpeeds,
  pageSpeeds,
  readSpeeds,
  rowSpeeds,
  slowFsyncSpeed,
} from "./report/speeds.ts";
import { formatSpeeds, measureSpeeds } from "./report/table.ts";
import { countRows } from "./rows/rows_bench.ts";

const ACCEPT_ROUNDS = { rounds: 3, roundMs: 2_000 } as const;
const SLOW_ROUNDS = { rounds: 3, roundMs: 1_500 } as const;
const PROFILED_CONNECTIONS = 32;
const READ_ROUNDS = { rounds: 3, roundMs: 1_000 } as const;

/** Measures and prints. @param against the folder of another version's checkout */
export async function benchHttp(against: string | undefined): Promise<Report> {
  const machine = describeMachine();
  console.log(machine);
  const accepts = await benchAccepts(against);
  console.log(`\nAccepts\n\n${formatAccepts(accepts)}`);
  const profile = formatProfile(await profileAccepts(PROFILED_CONNECTIONS), "an accept");
  console.log(`\n${profile}`);
  const aloneProfile = formatProfile(await profileAccepts(1), "an accept");
  console.log(`\n${aloneProfile}`);
  const listProfile = formatProfile(await profileLists(), "a list");
  console.log(`\n${listProfile}`);
  const speeds = [
    ...acceptSpeeds(accepts),
    ...await measureSpeeds(
      "accept with a slower fsync",
      () => measureSlowFsync(SLOW_ROUNDS, against),
      (rows) => [slowFsyncSpeed(rows)],
    ),
    ...await measureSpeeds("reads", () => measureReads(READ_ROUNDS), readSpeeds),
    ...await measureSpeeds("pages", () => measurePages(READ_ROUNDS), pageSpeeds),
    ...await measureSpeeds(
      "pages of a service",
      () => measureServicePages([FEW_MESSAGES]),
      servicePageSpeeds,
    ),
    ...await measureSpeeds(
      "accept to delivered, sandbox",
      measureSandboxDelivery,
      (delivery) => [deliverySpeed("sandbox", delivery)],
    ),
    ...await measureSpeeds(
      "accept to delivered, Twilio",
      measureTwilioDelivery,
      (delivery) => [deliverySpeed("twilio", delivery)],
    ),
    ...await measureSpeeds(
      "e-mails in batches",
      measureEmailBatches,
      (delivery) => [deliverySpeed("emails", delivery)],
    ),
    ...await measureSpeeds("callbacks", measureCallbacks, callbackSpeeds),
    ...await measureSpeeds("database rows", countRows, rowSpeeds),
    ...await measureSpeeds("start, and an idle server", measureIdle, idleSpeeds),
  ];
  return {
    sections: [
      { name: "machine", text: machine },
      { name: "accepts", text: formatAccepts(accepts) },
      { name: "profile", text: profile },
      { name: "alone-profile", text: aloneProfile },
      { name: "list-profile", text: listProfile },
      { name: "speeds", text: formatSpeeds(speeds) },
    ],
    plots: acceptPlots(accepts),
  };
}

async function benchAccepts(against: string | undefined) {
  await using servers = await startAcceptContenders({ against });
  return await measureAccepts(servers, ACCEPT_ROUNDS);
}
