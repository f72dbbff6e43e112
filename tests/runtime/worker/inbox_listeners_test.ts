import assert from "node:assert/strict";
import { createInvocation } from "../../../adapters/invocation/invocation.ts";
import { PLAN_LIMITS } from "../../../adapters/invocation/plans.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";
import { StoreUnavailable } from "../../../domain/ports/store_unavailable.ts";
import { defineInboxListeners } from "../../../runtime/worker/inbox_listeners.ts";
import { answerSocketRequest, openInboxObjects } from "../../../runtime/worker/inbox_sockets.ts";
import { TestSocket } from "../../routes/registry/inbox/listeners_support.ts";

const PATH = "/api/notifications/inbox/socket/3";

Deno.test("InboxListeners: answers 503, and closes a socket, while the application cannot be loaded; tries again at the next event, and the alarm a minute later", async () => {
  let loads = 0;
  const alarms: number[] = [];
  const sockets: TestSocket[] = [];
  const plans: unknown[] = [];
  const InboxListeners = defineInboxListeners({
    loadApplication() {
      loads++;
      return Promise.reject(new StoreUnavailable("TIMEOUT", "the database is unavailable"));
    },
    newInvocation(kind, env) {
      plans.push(env["WORKERS_PLAN"]);
      return createInvocation(kind, PLAN_LIMITS.free);
    },
  });
  const object = new InboxListeners({
    acceptWebSocket() {},
    getWebSockets: () => sockets,
    setWebSocketAutoResponse() {},
    waitUntil() {},
    storage: {
      getAlarm: () => Promise.resolve(null),
      setAlarm: (time) => Promise.resolve(void alarms.push(time)),
    },
  }, { WORKERS_PLAN: "free" });
  const asksForClass = new Request("https://inboxes.internal/notify", {
    method: "POST",
    body: "[]",
  });
  assert.equal((await object.fetch(asksForClass)).status, 204);
  assert.equal(loads, 0, "it loads no application");
  const answer = await object.fetch(new Request(`https://hark.example${PATH}`));
  assert.deepEqual([answer.status, answer.headers.get("Retry-After")], [503, "30"]);
  const socket = new TestSocket();
  await object.webSocketMessage(socket, "{}");
  assert.equal(socket.closed?.[0], 1013);
  const closed = new TestSocket();
  await object.webSocketClose(closed);
  assert.equal(closed.closed?.[0], 1000);
  await object.webSocketError(closed);
  await object.alarm();
  assert.deepEqual(alarms, [], "no socket is open");
  sockets.push(new TestSocket());
  const before = Date.now();
  await object.alarm();
  const [alarm = 0, ...more] = alarms;
  assert.equal(more.length, 0);
  assert.ok(alarm >= before + 60_000 && alarm <= Date.now() + 60_000, "the alarm is set again");
  assert.equal(loads, 4);
  assert.deepEqual(plans, Array(4).fill("free"), "each event is an invocation of the isolate's");
});

Deno.test("answerSocketRequest: passes upgrades of a shard on, and leaves other addresses to the application", async () => {
  const asked: unknown[] = [];
  const entries: LogEntry[] = [];
  const log = (entry: LogEntry) => void entries.push(entry);
  const binding = {
    idFromName: (name: string) => name,
    get: (id: unknown) => ({
      fetch(request: Request) {
        asked.push([id, new URL(request.url).pathname]);
        return Promise.resolve(new Response("object"));
      },
    }),
  };
  const ask = (path: string, init: RequestInit = {}, bound: unknown = binding) =>
    answerSocketRequest(
      new Request(`https://hark.example${path}`, init),
      openInboxObjects(bound, log),
      log,
    );
  const upgrade = { headers: { "Upgrade": "WebSocket" } };
  assert.equal(await (await ask(PATH, upgrade))?.text(), "object");
  assert.deepEqual(asked, [["shard 3", PATH]]);
  assert.equal((await ask(PATH))?.status, 426);
  assert.equal((await ask(PATH, { ...upgrade, method: "POST" }))?.status, 426);
  assert.equal(await ask("/api/notifications/inbox/socket/16", upgrade), undefined);
  assert.equal(await ask("/api/notifications/inbox", upgrade), undefined);
  assert.equal(
    await answerSocketRequest(new Request(`https://hark.example${PATH}`, upgrade), undefined, log),
    undefined,
  );
  assert.equal(asked.length, 1);
  const lost = {
    ...binding,
    get: () => ({ fetch: () => Promise.reject(new TypeError("the object was reset")) }),
  };
  const answer = await ask(PATH, upgrade, lost);
  assert.deepEqual([answer?.status, answer?.headers.get("Retry-After")], [503, "5"]);
  assert.deepEqual(entries.splice(0), [{ event: "stream-failed", error: "TypeError" }]);
  const message = "Handler does not export a fetch() function.";
  const other = { ...binding, get: () => ({ fetch: () => Promise.reject(new Error(message)) }) };
  assert.equal(await ask(PATH, upgrade, other), undefined);
  const [warning, ...more] = entries;
  assert.match(
    String(warning?.["warning"]),
    /^INBOXES is bound to Durable Objects of another class/,
  );
  assert.deepEqual(more, []);
});

Deno.test("openInboxObjects: refuses a binding of another kind, and needs none", () => {
  const log = () => {};
  assert.equal(openInboxObjects(undefined, log), undefined);
  assert.equal(typeof openInboxObjects({ idFromName() {}, get() {} }, log)?.notify, "function");
  for (const binding of ["secret", {}, { get() {}, put() {}, delete() {} }, null]) {
    assert.throws(
      () => openInboxObjects(binding, log),
      /INBOXES must be a Durable Object namespac/,
    );
  }
});
