import process from "node:process";
import { createAcceptStore } from "../../adapters/libsql/notifications/accept.ts";
import { createReceiptStore } from "../../adapters/libsql/notifications/receipts.ts";
import { createUpkeepLeases } from "../../adapters/libsql/upkeep/upkeep_leases.ts";
import { createRetention } from "../../adapters/libsql/notifications/retention.ts";
import { createManagementStore } from "../../adapters/libsql/services/management.ts";
import { createPostmark } from "../../adapters/providers/postmark/postmark.ts";
import { createSandbox } from "../../adapters/providers/sandbox/sandbox.ts";
import { ALL_HEALTHY } from "../../domain/delivery/select_provider.ts";
import { createDispatcher } from "../../application/delivery/dispatcher.ts";
import { createBackgroundWork } from "../../application/worker_loop.ts";
import type { Channel } from "../../domain/service/service.ts";
import { openBenchHark } from "./bench_hark.ts";
import { startPlanning } from "./plans.ts";

const EMAILS = 5_000;
const ROUNDS = 3;
/** The minimum on two cores. */
const WANTED = 1_000;

/** Measures the rate at which waiting e-mails are sent: by HTTP, in batches, to a server that accepts every message. */
export async function benchDrain(folder: string): Promise<void> {
  const bench = await openBenchHark(`${folder}/drain.db`);
  const worker = new Worker(new URL("postmark_worker.ts", import.meta.url), { type: "module" });
  const baseUrl = await new Promise<string>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  const { db, encryption, clock, contexts, outbox } = bench;
  const planning = await startPlanning(bench, "email");
  const store = createAcceptStore({ db, encryption, contexts, clock });
  const receipts = createReceiptStore(db, clock);
  const sandbox = (channel: Channel) => createSandbox(channel, clock);
  let sent = 0;
  const dispatcher = createDispatcher({
    clock,
    outbox,
    receipts,
    contexts,
    templates: createManagementStore({ db, encryption, contexts }),
    providers: {
      email: [createPostmark({ serverToken: "bench", baseUrl, webhook: undefined }, { fetch })],
    },
    simulators: {
      sms: sandbox("sms"),
      email: sandbox("email"),
      inbox: sandbox("inbox"),
      diia: sandbox("diia"),
    },
    providerFacts: () => ALL_HEALTHY,
    log: ({ outcome }) => {
      if (outcome === "accepted") sent++;
    },
    publicUrl: "http://hark.test",
  });
  const backgroundWork = createBackgroundWork({
    dispatcher,
    outbox,
    jobs: { runOnce: () => Promise.resolve(false) },
    receipts,
    retention: createRetention(db),
    leases: createUpkeepLeases(db, clock),
    clock,
  });
  console.log(`\n4. Sending: ${EMAILS} e-mails that wait, by HTTP in batches`);
  for (let round = 1; round <= ROUNDS; round++) {
    await store.acceptMany(
      Array.from({ length: EMAILS }, () => ({ ...planning.accept(), charges: [] })),
    );
    sent = 0;
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    await (await backgroundWork.dispatch(new AbortController().signal)).ended;
    const rate = sent / ((performance.now() - startedAt) / 1000);
    const { user, system } = process.cpuUsage(cpuBefore);
    const cpuUs = ((user + system) / EMAILS).toFixed(0);
    if (sent !== EMAILS) throw new Error(`${sent} of ${EMAILS} e-mails went out`);
    console.log(
      `   ${
        rate.toFixed(0).padStart(6)
      } e-mails a second (wanted: ${WANTED}), ${cpuUs} CPU µs each`,
    );
  }
  worker.terminate();
  await bench.close();
}
