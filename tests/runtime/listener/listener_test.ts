import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import type { ConnectionTimeouts } from "../../../runtime/listener/connection_limits.ts";
import {
  MAX_UNANSWERED_REQUESTS,
  type ShedConnection,
} from "../../../runtime/listener/connections.ts";
import { listen, type RequestHandler } from "../../../runtime/listener/listener.ts";
import { pause, waitFor } from "../../support/process.ts";

const LONG_MS = 600_000;
const LONG_TIMEOUTS: ConnectionTimeouts = {
  headMs: LONG_MS,
  requestMs: LONG_MS,
  keepAliveMs: LONG_MS,
  bodyChunkMs: LONG_MS,
  answerChunkMs: LONG_MS,
  slowBodyMs: LONG_MS,
  leastBodyRate: 1_000,
  undisturbedMs: 0,
  checkMs: 20,
};

const HEAD = "GET / HTTP/1.1\r\nHost: hark.example\r\n\r\n";
const HALF_HEAD = "GET / HT";
const HALF_BODY = "POST /body HTTP/1.1\r\nHost: hark.example\r\nContent-Length: 100\r\n\r\nabc";

/** @hono/node-server drops an unread body by a timer of its own, which may outlast a test. */
function test(name: string, run: () => Promise<void>): void {
  Deno.test({ name, fn: run, sanitizeOps: false, sanitizeResources: false });
}

/** An answer of ten megabytes, which all requests share. */
const LONG_ANSWER = "a long answer, ".repeat(700_000) + "the end.\n";

/** Answers at once; `/long` with a long text; `/body` reads the body, `/hold` waits for `release`, `/stream` writes without end. */
function createHandler() {
  const held: (() => void)[] = [];
  const handler: RequestHandler = async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/body") await request.text();
    if (pathname === "/hold") await new Promise<void>((resolve) => held.push(resolve));
    if (pathname === "/long") return new Response(LONG_ANSWER);
    if (pathname !== "/stream") return new Response("ok");
    const chunk = new Uint8Array(65_536);
    return new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }),
    );
  };
  return { handler, held };
}

/** A client at the level of TCP. */
interface Client {
  readonly socket: Socket;
  received(): string;
  /** Resolves when the server has closed the connection. */
  closed(): Promise<void>;
}

async function withListener(
  options: { readonly maxConnections?: number; readonly timeouts?: Partial<ConnectionTimeouts> },
  use: (tools: {
    readonly open: (text?: string) => Promise<Client>;
    readonly shed: ShedConnection[];
    readonly held: (() => void)[];
    readonly openConnections: () => number;
  }) => Promise<void>,
): Promise<void> {
  const shed: ShedConnection[] = [];
  const { handler, held } = createHandler();
  let port = 0;
  const listener = await listen({
    port: 0,
    hostname: "127.0.0.1",
    maxConnections: options.maxConnections ?? 100,
    timeouts: { ...LONG_TIMEOUTS, ...options.timeouts },
    onListening: (listeningPort) => port = listeningPort,
    onShed: (connection) => shed.push(connection),
    onAcceptFailure: (reason) => assert.fail(reason),
  }, handler);
  const sockets: Socket[] = [];
  try {
    await use({
      async open(text) {
        const socket = connect({ port, host: "127.0.0.1" });
        sockets.push(socket);
        let received = "";
        socket.on("data", (bytes) => received += bytes.toString("latin1"));
        socket.on("error", () => {});
        const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
        await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
        if (text !== undefined) socket.write(text);
        return { socket, received: () => received, closed: () => closed };
      },
      shed,
      held,
      openConnections: () => listener.openConnections,
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    for (const release of held) release();
    await listener.shutdown();
  }
}

test("listen: at the cap, closes the connection that has waited longest, idle ones first", async () => {
  await withListener({ maxConnections: 5 }, async ({ open, shed, openConnections }) => {
    const halfBody = await open(HALF_BODY);
    const halfHead = await open(HALF_HEAD);
    const silent = await open();
    const idle = await open(HEAD);
    await waitFor("an answer", () => idle.received().endsWith("ok"));
    const younger = await open(HEAD);
    await waitFor("an answer", () => younger.received().endsWith("ok"));
    await waitFor("five connections", () => openConnections() === 5);
    const order = [
      [idle, "idle"],
      [younger, "idle"],
      [silent, "no-byte"],
      [halfHead, "half-head"],
      [
        halfBody,
        "half-body",
      ],
    ] as const;
    const newer: Client[] = [];
    for (const [index, [client, reason]] of order.entries()) {
      newer.push(await open("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
      await client.closed();
      assert.equal(shed.length, index + 1);
      assert.equal(shed[index]?.reason, reason);
      assert.equal(shed[index]?.address, "127.0.0.1");
    }
  });
});

test("listen: at the cap, closes the longest waiting connection of any state while all are new", async () => {
  const timeouts = { undisturbedMs: LONG_MS };
  await withListener({ maxConnections: 3, timeouts }, async ({ open, shed, openConnections }) => {
    const halfBody = await open(HALF_BODY);
    const halfHead = await open(HALF_HEAD);
    await open();
    await waitFor("three connections", () => openConnections() === 3);
    await open();
    await halfBody.closed();
    await open();
    await halfHead.closed();
    assert.deepEqual(shed.map(({ reason }) => reason), ["half-body", "half-head"]);
  });
});

test("listen: at the cap, leaves a connection undisturbed for its time, and not longer", async () => {
  const undisturbedMs = 500;
  const timeouts = { undisturbedMs };
  await withListener({ maxConnections: 2, timeouts }, async ({ open, shed, openConnections }) => {
    await open(HALF_BODY);
    const halfHead = await open(HALF_HEAD);
    await waitFor("two connections", () => openConnections() === 2);
    await pause(undisturbedMs);
    // Of the old ones, the half head comes before the half body; the new one before both, but for its time.
    const silent = await open();
    await halfHead.closed();
    await open("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await waitFor("a second one to be closed", () => shed.length === 2);
    assert.deepEqual(shed.map(({ reason }) => reason), ["half-head", "half-body"]);
    await pause(undisturbedMs);
    await open("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await silent.closed();
    assert.equal(shed[2]?.reason, "no-byte");
  });
});

test("listen: at the cap, closes the new connection when every other is being served", async () => {
  await withListener({ maxConnections: 2 }, async ({ open, shed, held }) => {
    const serving = [
      await open("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"),
      await open("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"),
    ];
    await waitFor("two requests", () => held.length === 2);
    const refused = await open(HEAD);
    await refused.closed();
    assert.deepEqual(shed.map(({ reason }) => reason), ["refused"]);
    for (const release of held) release();
    for (const client of serving) {
      await waitFor("an answer", () => client.received().endsWith("ok"));
    }
    const next = await open(HEAD);
    await waitFor("an answer", () => next.received().endsWith("ok"));
  });
});

test("listen: ends a connection whose head does not come, silent or half", async () => {
  await withListener({ timeouts: { headMs: 100 } }, async ({ open }) => {
    for (const text of [undefined, HALF_HEAD]) {
      const client = await open(text);
      await client.closed();
      assert.match(client.received(), /^HTTP\/1\.1 408 /);
    }
  });
});

test("listen: ends a request that takes too long to arrive, however steadily it comes", async () => {
  await withListener({ timeouts: { headMs: 100, requestMs: 300 } }, async ({ open }) => {
    const client = await open(HALF_BODY);
    const timer = setInterval(() => client.socket.write("a"), 20);
    try {
      await client.closed();
    } finally {
      clearInterval(timer);
    }
  });
});

test("listen: ends an idle connection after its time", async () => {
  await withListener({ timeouts: { keepAliveMs: 100 } }, async ({ open }) => {
    const client = await open(HEAD);
    await client.closed();
    assert.match(client.received(), /ok$/);
  });
});

test("listen: closes a connection whose body stops coming", async () => {
  await withListener({ timeouts: { bodyChunkMs: 100 } }, async ({ open, shed }) => {
    const client = await open(HALF_BODY);
    await client.closed();
    assert.deepEqual(shed.map(({ reason }) => reason), ["body-timeout"]);
  });
});

/** Sends a body in pieces of ten bytes until the connection is closed, or the body is complete. */
async function sendSlowly({ socket }: Client, everyMs: number, pieces: number): Promise<void> {
  for (let piece = 0; piece < pieces && !socket.destroyed; piece++) {
    socket.write("a".repeat(10));
    await pause(everyMs);
  }
}

test("listen: closes a connection whose body comes slower than bodies may, however steadily", async () => {
  const timeouts = { slowBodyMs: 300, leastBodyRate: 10_000 };
  await withListener({ timeouts }, async ({ open, shed }) => {
    const client = await open(HALF_BODY.replace("100", "100000"));
    const sending = sendSlowly(client, 20, 10_000);
    await client.closed();
    assert.deepEqual(shed.map(({ reason }) => reason), ["body-timeout"]);
    client.socket.destroy();
    await sending;
  });
});

test("listen: reads a body on that is slow for a shorter time, or as fast as bodies must be", async () => {
  for (
    const timeouts of [{ slowBodyMs: LONG_MS, leastBodyRate: 10_000 }, {
      slowBodyMs: 100,
      leastBodyRate: 20,
    }]
  ) {
    await withListener({ timeouts }, async ({ open, shed }) => {
      const client = await open(HALF_BODY.replace("100", "303"));
      await sendSlowly(client, 20, 30);
      await waitFor("an answer", () => client.received().endsWith("ok"));
      assert.deepEqual(shed, []);
    });
  }
});

test("listen: holds little memory for a long answer that many clients do not read", async () => {
  await withListener({ maxConnections: 300 }, async ({ open }) => {
    // The system holds four megabytes of each at most.
    const clients = [];
    const before = Deno.memoryUsage().rss;
    for (let count = 0; count < 100; count++) {
      const client = await open("GET /long HTTP/1.1\r\nHost: hark.example\r\n\r\n");
      client.socket.pause();
      clients.push(client);
    }
    await pause(500);
    const grown = (Deno.memoryUsage().rss - before) / 1e6;
    assert.ok(grown < 150, `it grew by ${grown} MB`);
    const [first] = clients;
    first?.socket.resume();
    await waitFor("the whole answer", () => first?.received().endsWith(`${LONG_ANSWER.slice(-9)}`));
    assert.equal(first?.received().split("\r\n\r\n")[1], LONG_ANSWER);
  });
});

test("listen: leaves a request alone whose body no handler reads yet", async () => {
  await withListener({ timeouts: { bodyChunkMs: 50 } }, async ({ open, shed, held }) => {
    const client = await open(
      "POST /hold HTTP/1.1\r\nHost: hark.example\r\nContent-Length: 1000000\r\n\r\nabc",
    );
    await waitFor("the request", () => held.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    held[0]?.();
    await waitFor("an answer", () => client.received().includes("200 OK"));
    assert.deepEqual(shed, []);
  });
});

test("listen: closes a connection that does not take its answer", async () => {
  await withListener({ timeouts: { answerChunkMs: 200 } }, async ({ open, shed }) => {
    const client = await open("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    client.socket.pause();
    await waitFor("the connection to be closed", () => shed.length === 1);
    assert.equal(shed[0]?.reason, "answer-timeout");
  });
});

test("listen: answers as many requests as a connection may send early", async () => {
  await withListener({}, async ({ open, shed }) => {
    const client = await open(HEAD.repeat(MAX_UNANSWERED_REQUESTS));
    const answers = () => client.received().match(/\r\n\r\nok/g)?.length ?? 0;
    await waitFor("the answers", () => answers() === MAX_UNANSWERED_REQUESTS);
    client.socket.write(HEAD.repeat(MAX_UNANSWERED_REQUESTS));
    await waitFor("more answers", () => answers() === 2 * MAX_UNANSWERED_REQUESTS);
    assert.deepEqual(shed, []);
  });
});

test("listen: answers early requests for long answers one after another", async () => {
  await withListener({}, async ({ open }) => {
    const client = await open("GET /long HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3));
    await waitFor(
      "three answers",
      () => client.received().split("the end.\n").length === 4,
      { everyMs: 100 },
    );
  });
});

test("listen: closes a connection when more of its requests are unanswered than may be", async () => {
  await withListener({}, async ({ open, shed, held }) => {
    const hold = "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n";
    const client = await open(hold.repeat(2_000));
    await client.closed();
    assert.deepEqual(shed.map(({ reason }) => reason), ["pipelined"]);
    assert.equal(held.length, MAX_UNANSWERED_REQUESTS);
    const other = await open(HEAD);
    await waitFor("an answer to another", () => other.received().endsWith("ok"));
  });
});

test("listen: leaves a request alone that takes long to answer", async () => {
  const timeouts = { bodyChunkMs: 50, answerChunkMs: 50, headMs: 50, keepAliveMs: 50 };
  await withListener({ timeouts }, async ({ open, shed, held }) => {
    const client = await open("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await waitFor("the request", () => held.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    held[0]?.();
    await waitFor("an answer", () => client.received().endsWith("ok"));
    assert.deepEqual(shed, []);
  });
});

test("listen: answers 400 to a malformed Host, before any handler", async () => {
  await withListener({}, async ({ open }) => {
    for (const host of ["a/manage/services?", "a b", "user@a", "a:99999", ""]) {
      const client = await open(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await client.closed();
      assert.match(client.received(), /^HTTP\/1\.1 400 /, host);
    }
  });
});

test("listen: answers 400 to two Hosts, before any handler", async () => {
  await withListener({}, async ({ open }) => {
    const client = await open("GET /healthz HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n");
    await client.closed();
    assert.match(client.received(), /^HTTP\/1\.1 400 /);
  });
});

test("listen: shutdown waits for requests under way and closes what is idle", async () => {
  const { handler, held } = createHandler();
  let port = 0;
  const listener = await listen({
    port: 0,
    hostname: "127.0.0.1",
    maxConnections: 10,
    timeouts: LONG_TIMEOUTS,
    onListening: (listeningPort) => port = listeningPort,
    onShed: () => {},
    onAcceptFailure: (reason) => assert.fail(reason),
  }, handler);
  const answer = fetch(`http://127.0.0.1:${port}/hold`);
  await waitFor("the request", () => held.length === 1);
  let ended = false;
  const shutdown = listener.shutdown().then(() => ended = true);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
  assert.equal(ended, false);
  held[0]?.();
  assert.equal(await (await answer).text(), "ok");
  await shutdown;
});
