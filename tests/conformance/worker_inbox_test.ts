/** The inboxes' WebSockets of the Worker build, in a real workerd. */
import assert from "node:assert/strict";
import { inboxName, shardOf } from "../../domain/inbox/inbox_shards.ts";
import { describeEvents, INBOX, readEvents, STREAM } from "../routes/registry/inbox/support.ts";
import { registryKeys, startTestApplication } from "../support/application.ts";
import { issueToken, PROPER_CLAIMS, toJwks, TOKEN_RULES } from "../support/tokens.ts";
import { WORKER_TEST } from "../support/workerd.ts";
import { BINDINGS, startHarkWorker } from "./hark_worker.ts";

Deno.test("smoke", WORKER_TEST, async () => {
  const keys = await registryKeys();
  const environment = { ...BINDINGS, ACCESS_TOKEN_JWKS: toJwks(keys), ...TOKEN_RULES };
  await using started = await startHarkWorker(environment, [], { INBOXES: "InboxListeners" });
  const { worker, db } = started;
  const hark = await startTestApplication({ db, registry: true });
  const tokenOf = (sub: string, lifeS = 60) =>
    issueToken(keys, { ...PROPER_CLAIMS, sub }, { now: Date.now(), lifeS });
  const token = await tokenOf("citizen-1");
  const message = await hark.putMessage("citizen-1");
  const stream = readEvents(await worker.fetch(STREAM, { headers: { "x-access-token": await tokenOf("citizen-1", 3) } }));
  const events = await stream.rest();
  console.log(events);
  const path = events.find(({ event }) => event === "socket")?.data.path;
  const socket = await worker.connect(path);
  socket.send(JSON.stringify({ token, language: "uk" }));
  console.log(await socket.next());
  const ack = await worker.fetch(`${INBOX}/${message}/ack`, { method: "POST", headers: { "x-access-token": token } });
  console.log(ack.status, await socket.next());
  socket.send("ping");
  console.log(await socket.next());
  const before = started.hrana;
  await worker.evict("InboxListeners", `shard ${path.split("/").at(-1)}`, "hibernate");
  const ack2 = await worker.fetch(`${INBOX}/ack-all`, { method: "POST", headers: { "x-access-token": token } });
  const two = await hark.putMessage("citizen-1");
  await worker.fetch(`${INBOX}/${two}/ack`, { method: "POST", headers: { "x-access-token": token } });
  console.log(await socket.next());
  socket.send("again");
  console.log(await socket.closed);
  await hark.close();
  console.log(inboxName, shardOf, describeEvents, before !== undefined, ack2.status);
});
