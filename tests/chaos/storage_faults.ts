/** A process whose disk is full, or whose database file another process locks. */
import { MINUTE_MS } from "../../domain/time/durations.ts";
import { holdFile } from "../support/held_file.ts";
import { pause, waitFor } from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { slow } from "../support/stand_ins/scripted_server.ts";
import type { RunChannel, RunMessage } from "./client.ts";
import { countCopies } from "./copies.ts";
import { finish, openProcessScene, type ProcessScene } from "./process_scene.ts";
import { chooseReceipts } from "./receipts.ts";
import type { RunOptions, RunResult } from "./scenario.ts";

/** The room on the disk beside the file as it is, in units of 512 bytes: enough for some dozens of commits. */
const FREE_BLOCKS = 4_000;
/** How many sends in a row are refused before the disk counts as full. */
const REFUSED_IN_A_ROW = 5;
/** How often a file is locked, and for how long at most: longer than a request waits. */
const LOCKS = { full: 8, short: 2 } as const;
const MAX_LOCK_MS = 6_000;
const BETWEEN_LOCKS_MS = 1_500;
const BETWEEN_SENDS_MS = 50;
/** The providers' latency, so that calls are in flight when the file cannot be written. */
const PROVIDER_MS = 20;
const CLIENTS = 4;

/** Opens a scene with a started process, and returns how to make its next message. */
async function openSending(random: () => number, fileBlockLimit?: (bytes: number) => number) {
  const scene = await openProcessScene();
  for (const stand of [scene.providers.twilio, scene.providers.postmark]) {
    stand.always(slow(PROVIDER_MS));
  }
  const startsAt = Date.now();
  await scene.restart(startsAt);
  const sender = await scene.client.newSender();
  if (fileBlockLimit !== undefined) {
    const { size } = await Deno.stat(`${scene.folder.path}/hark.db`);
    await scene.restart(startsAt, { fileBlockLimit: fileBlockLimit(size) });
  }
  const requests: RunMessage[][] = [];
  return {
    scene,
    startsAt,
    requests,
    next(): readonly RunMessage[] {
      const channel: RunChannel = random() < 0.5 ? "sms" : "email";
      const message = [{ n: requests.length, channel, sender }];
      requests.push(message);
      return message;
    },
  };
}

async function countAtEnd({ client, providers }: ProcessScene, note: string): Promise<RunResult> {
  return { tally: await client.count(countCopies(providers)), note };
}

/** Sends until the disk is full, and lets a process with more room finish. */
export async function runFullDisk({ seed }: RunOptions): Promise<RunResult> {
  const random = createRandom(seed);
  const sending = await openSending(
    random,
    (bytes) => Math.ceil(bytes / 512) + FREE_BLOCKS + Math.floor(FREE_BLOCKS * random()),
  );
  const { scene, requests, startsAt } = sending;
  await using _scene = scene;
  let refused = 0;
  while (refused < REFUSED_IN_A_ROW) {
    refused = await scene.client.send(sending.next()) ? 0 : refused + 1;
  }
  const accepted = scene.client.accepted.size;
  await finish(scene, { requests, startsAt, choose: () => chooseReceipts(random) });
  return await countAtEnd(scene, `${accepted} accepted before it was full`);
}

/** Locks the file again and again while clients send. */
export async function runLocks({ seed, short }: RunOptions): Promise<RunResult> {
  const random = createRandom(seed);
  const sending = await openSending(random);
  const { scene, requests, startsAt } = sending;
  await using _scene = scene;
  let isOver = false;
  const sendAll = async (): Promise<void> => {
    while (!isOver) {
      const messages = sending.next();
      await waitFor("a message", () => scene.client.send(messages), {
        everyMs: 100,
        timeoutMs: MINUTE_MS,
      });
      await pause(BETWEEN_SENDS_MS);
    }
  };
  const lockAll = async (): Promise<void> => {
    const count = short ? LOCKS.short : LOCKS.full;
    for (let at = 0; at < count; at++) {
      const holder = await holdFile(`${scene.folder.path}/hark.db`);
      await pause(random() * MAX_LOCK_MS);
      await holder.release();
      await pause(BETWEEN_LOCKS_MS * random());
    }
    isOver = true;
  };
  await Promise.all([lockAll(), ...Array.from({ length: CLIENTS }, sendAll)]);
  await finish(scene, { requests, startsAt, choose: () => chooseReceipts(random) });
  return await countAtEnd(scene, `locked ${short ? LOCKS.short : LOCKS.full} times`);
}
