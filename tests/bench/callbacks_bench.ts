/**
 * Measures callbacks of one service to a receiver in a process of its own, over a database file. Prints how many a second
 * were sent, and the CPU of this process for each, the thread of the database included:
 *
 * `deno run -A --lock=tests/deno.lock tests/bench/callbacks_bench.ts`
 */
import process from "node:process";
import { createNodeCaller } from "../../adapters/callbacks/node_caller.ts";
import { callbackSigner } from "../../adapters/callbacks/signing.ts";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { callbacksOf, ended } from "../contracts/callbacks_contract.ts";
import { createIsolate, newSender, START } from "../contracts/isolate.ts";

const CALLBACKS = 2_000;
const ROUNDS = 3;
/** Prints its port, and answers every call with 204. */
const RECEIVER = `Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.log(port) },
  async (request) => (await request.text(), new Response(null, { status: 204 })),
);`;

async function startReceiver(): Promise<{ readonly port: number; stop(): void }> {
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", RECEIVER], stdout: "piped" })
    .spawn();
  for await (const chunk of child.stdout) {
    const port = Number(new TextDecoder().decode(chunk));
    if (port > 0) return { port, stop: () => child.kill() };
  }
  throw new Error("the receiver did not start");
}

async function measure(): Promise<void> {
  const folder = await Deno.makeTempDir();
  const receiver = await startReceiver();
  const db = await openDatabase({ url: `file:${folder}/hark.db` });
  try {
    await migrate(db, START);
    const isolate = await createIsolate(db, { now: START });
    const sender = await newSender(isolate);
    const allowance = { hosts: new Set([`127.0.0.1:${receiver.port}`]), loopback: false };
    const { run, store } = callbacksOf(isolate, createNodeCaller({ allowance }));
    const ref = { serviceId: sender.serviceId, kind: "delivery" as const };
    const url = `http://127.0.0.1:${receiver.port}/`;
    const fields = { url, bearerToken: "0123456789" };
    await store.set(ref, fields, callbackSigner.newSecret(), START);
    await ended(isolate, sender, CALLBACKS);
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0) await store.replay(ref, 1, CALLBACKS, START);
      const cpu = process.cpuUsage();
      const startedAt = performance.now();
      await run();
      const seconds = (performance.now() - startedAt) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      const perSecond = Math.round(CALLBACKS / seconds);
      const cpuMs = ((user + system) / 1000 / CALLBACKS).toFixed(3);
      console.log(`${perSecond} callbacks a second, ${cpuMs} ms of CPU each`);
    }
  } finally {
    db.close();
    receiver.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await measure();
