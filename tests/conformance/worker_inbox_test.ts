/** The inboxes' WebSockets of the Worker build, in a real workerd whose objects are taken out of memory. */
import assert from "node:assert/strict";
import type { ServiceId } from "../../domain/ids.ts";
import { MAX_FIRST_MESSAGE_LENGTH, PING } from "../../routes/registry/inbox/listeners/limits.ts";
import { socketPathOf } from "../../routes/registry/inbox/socket_path.ts";
import { launchChromium, NEEDS_CHROMIUM } from "../browser/chromium.ts";
import { subjects, until } from "../browser/inbox_visit.ts";
import {
  ACK_ALL,
  ackOf,
  describeEvents,
  readEvents,
  STREAM,
} from "../routes/registry/inbox/support.ts";
import { registryKeys, startTestApplication } from "../support/application.ts";
import { issueToken, makeKeys, PROPER_CLAIMS, toJwks, TOKEN_RULES } from "../support/tokens.ts";
import { WORKER_TEST, type WorkerSocket } from "../support/workerd.ts";
import { BINDINGS, startHarkWorker } from "./hark_worker.ts";

const MEBIBYTE = 1024 * 1024;
/** The life of the token that ends: much longer than what comes before its end. */
const SHORT_LIFE_S = 10;

/** Reads the events of one message of a socket, as those of a stream. */
async function heard(socket: WorkerSocket): Promise<readonly string[]> {
  const text = await socket.next();
  if (text === undefined) throw new Error(JSON.stringify(await socket.closed));
  const headers = { "content-type": "text/event-stream" };
  return describeEvents(await readEvents(new Response(text, { headers })).rest());
}

/** A portal's page with the element, in Chromium. */
async function openPortal(origin: string, token: string) {
  const html = `<!DOCTYPE html><html lang="en"><title>Portal</title>
<script type="module" src="${origin}/inbox.js"></script>
<hark-inbox base="${origin}" token="${token}"></hark-inbox>`;
  const portal = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(html, { headers: { "Content-Type": "text/html" } }),
  );
  const browser = await launchChromium();
  const page = await browser.newPage();
  const sockets: string[] = [];
  const streams: string[] = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  page.on("request", (request) => {
    if (request.url().endsWith(STREAM) && request.method() === "GET") streams.push(request.url());
  });
  await page.goto(`http://127.0.0.1:${portal.addr.port}/`);
  return {
    sockets,
    streams,
    shows: (...expected: readonly string[]) => until(() => subjects(page), expected),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await portal.shutdown();
    },
  };
}

/** Publishes a template and sends it to people's inboxes. @returns the ids of the messages */
async function send(
  call: (method: string, path: string, body: unknown) => Promise<Response>,
  people: readonly string[],
): Promise<readonly string[]> {
  const template = { title: "News", content: "<p>News</p>" };
  const published = await call("PUT", "/api/notifications/templates/inbox:news", template);
  assert.equal(published.status, 201);
  const sent = await call("POST", "/api/notifications", {
    notification: { templateName: "news" },
    recipients: people.map((id) => ({ id, parameters: {} })),
  });
  assert.equal(sent.status, 202);
  const { notifications } = await sent.json();
  return notifications.map(({ id }: { readonly id: string }) => id);
}

Deno.test(
  "the Worker: sends changes to open inboxes by WebSockets, whose object hibernates, and closes them with their tokens",
  WORKER_TEST,
  async (t) => {
    const keys = await registryKeys();
    await using started = await startHarkWorker(
      { ...BINDINGS, ACCESS_TOKEN_JWKS: toJwks(keys), ...TOKEN_RULES },
      [],
      { INBOXES: "InboxListeners" },
    );
    const { worker, db, hrana } = started;
    // It notifies no object, as when a Worker's call is lost.
    await using hark = await startTestApplication({ db, registry: true });
    const tokenOf = (sub: string, lifeS = 600, signedBy = keys, roles: readonly string[] = []) =>
      issueToken(signedBy, { ...PROPER_CLAIMS, sub, roles }, { now: Date.now(), lifeS });
    const call = async (method: string, path: string) =>
      await worker.fetch(path, { method, headers: { "X-Access-Token": await tokenOf("ann") } });
    const serviceId = hark.registryServiceId as ServiceId;
    const path = socketPathOf({ serviceId, recipientId: "ann" });
    const elsewhere =
      ["bob", "eve", "joe"].find((recipientId) =>
        socketPathOf({ serviceId, recipientId }) !== path
      ) ?? "";
    const object = `shard ${path.split("/").at(-1)}`;
    const open = async (message?: string | Uint8Array<ArrayBuffer>) => {
      const socket = await worker.connect(path);
      if (message !== undefined) socket.send(message);
      return socket;
    };
    const follow = async (lastEventId: string, token?: string) =>
      await open(JSON.stringify({ token: token ?? await tokenOf("ann"), lastEventId }));

    const mute = await open();
    const short = await follow("", await tokenOf("ann", SHORT_LIFE_S));
    assert.deepEqual(await heard(short), ["0 count 0/0"]);

    await t.step("takes WebSockets of its shards only", async () => {
      assert.equal((await worker.fetch(path)).status, 426);
      assert.equal((await worker.fetch(path, { method: "POST" })).status, 426);
      for (const shard of ["16", "x", ""]) {
        const other = path.replace(/[0-9]+$/, shard);
        assert.equal((await worker.fetch(other)).status, 404);
        await assert.rejects(worker.connect(other), /refused/);
      }
    });

    await t.step("refuses wrong first messages, each with its code", async () => {
      const stranger = await tokenOf("ann", 60, await makeKeys("ES256", "other"));
      const cases = [
        ["hello", 4400],
        [JSON.stringify({ language: "uk" }), 4400],
        [JSON.stringify({ token: stranger }), 4401],
        [JSON.stringify({ token: await tokenOf("ann", -60) }), 4401],
        [JSON.stringify({ token: await tokenOf(elsewhere) }), 4421],
        ["[".repeat(MAX_FIRST_MESSAGE_LENGTH), 4400],
        ["x".repeat(MAX_FIRST_MESSAGE_LENGTH + 1), 1009],
        ["x".repeat(MEBIBYTE), 1009],
        [new Uint8Array(4), 1003],
        [new Uint8Array(MEBIBYTE), 1003],
      ] as const;
      for (const [message, code] of cases) {
        assert.equal((await (await open(message)).closed).code, code);
      }
    });

    const socket = await follow("");
    assert.deepEqual(await heard(socket), ["0 count 0/0"]);
    let message = "";

    await t.step("sends a message after its commit", async () => {
      const token = await tokenOf("admin", 600, keys, ["template-admin"]);
      const headers = { "X-Access-Token": token };
      [message = ""] = await send(
        (method, path, body) => worker.fetch(path, { method, headers, body: JSON.stringify(body) }),
        ["ann", "bob"],
      );
      assert.deepEqual(await heard(socket), [`1 message ${message}`, "1 count 1/1"]);
    });

    await t.step("reads nothing for pings, and for a second socket of the inbox", async () => {
      const before = hrana.roundTrips;
      socket.send(PING);
      assert.equal(await socket.next(), ": heartbeat\n\n");
      const second = await follow("1");
      assert.deepEqual(await heard(second), ["1 count 1/1"]);
      assert.equal(hrana.roundTrips, before);
      second.close();
    });

    await using page = NEEDS_CHROMIUM.ignore
      ? undefined
      : await openPortal(worker.url.origin, await tokenOf("ann"));
    await page?.shows("*News");
    await until(() => page?.sockets.length ?? 1, 1);

    await t.step("closes a socket that sends no token", async () => {
      assert.equal((await mute.closed).code, 4408);
    });

    await t.step("keeps a socket while its object is out of memory", async () => {
      await worker.evict("InboxListeners", object, "hibernate");
      assert.equal((await call("POST", ackOf(message))).status, 200);
      assert.deepEqual(await heard(socket), [`2 ack ${message}`, "2 count 0/1"]);
      await page?.shows("News");
      socket.send(PING);
      assert.equal(await socket.next(), ": heartbeat\n\n");
    });

    await t.step("closes a socket at the end of its token, which its object has kept", async () => {
      const { code, reason } = await short.closed;
      assert.deepEqual([code, reason], [4401, "the access token has ended"]);
    });

    await t.step("loses no change when an object's isolate ends", async () => {
      await worker.evict("InboxListeners", object, "close");
      await socket.closed;
      const two = await hark.putMessage("ann");
      const again = await follow("2");
      assert.deepEqual(await heard(again), [`3 message ${two}`, "3 count 1/2"]);
      again.send(JSON.stringify({ token: await tokenOf("bob") }));
      assert.equal((await again.closed).code, 1008);
      await page?.shows("*A book is due", "News");
      assert.equal((await call("POST", ACK_ALL)).status, 200);
      await page?.shows("A book is due", "News");
    });

    if (page === undefined) return;
    const { host } = worker.url;
    assert.deepEqual(page.sockets, Array(2).fill(`ws://${host}${path}`));
    assert.equal(page.streams.length, 1);
  },
);
