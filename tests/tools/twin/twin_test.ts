import assert from "node:assert/strict";
import { readImports } from "../../support/import_graph.ts";
import { waitFor } from "../../support/process.ts";
import { readSourceFiles } from "../../support/source_files.ts";
import { createTwinApi } from "../../../tools/twin/api.ts";
import { createTwinClock } from "../../../tools/twin/clock.ts";
import { parseDuration } from "../../../tools/twin/duration.ts";
import type { TwinProvider } from "../../../tools/twin/provider.ts";
import { createTwin, MAX_MESSAGES } from "../../../tools/twin/twin.ts";
import { NO_HARK, sendText, startTwin } from "./support.ts";

Deno.test("twin: names its addresses to a lost caller, and answers no web page of another site", async () => {
  await using twin = await startTwin();
  const unknown = await twin.call("GET", "/twin");
  assert.equal(unknown.status, 404);
  assert.match(
    unknown.body.error,
    /^There is no GET \/twin, but GET \/twin\/clock, POST \/twin\/clock/,
  );
  const plain = await twin.call("POST", "/twin/script", { provider: "twilio", always: null }, {
    "content-type": "text/plain",
  });
  assert.equal(plain.status, 415);
  const api = createTwinApi(twin.twin, createTwinClock(NO_HARK));
  const rebound = await api.request("http://twin.attacker.example/twin/messages");
  assert.equal(rebound.status, 403);
});

Deno.test("twin: answers as its script says, call by call, then as always, then normally", async () => {
  await using twin = await startTwin();
  const [twilio] = twin.providers;
  assert.ok(twilio !== undefined);
  const set = (body: object) => twin.call("POST", "/twin/script", { provider: "twilio", ...body });
  await set({
    next: [
      { answer: "error", status: 503, code: 20503, retry_after: 7, times: 2 },
      { answer: "error", status: 500, accepted: true },
      { answer: "lost" },
      { answer: "normal" },
      { answer: "nonsense" },
    ],
    always: { answer: "error", status: 429 },
  });
  for (let i = 0; i < 2; i++) {
    const refused = await sendText(twilio);
    assert.deepEqual([refused.status, refused.headers.get("Retry-After")], [503, "7"]);
    assert.equal(JSON.parse(refused.text).code, 20503);
  }
  const taken = await sendText(twilio);
  assert.deepEqual([taken.status, taken.text], [500, ""]);
  await assert.rejects(sendText(twilio));
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) {
    statuses.push((await sendText(twilio)).status);
  }
  assert.deepEqual(statuses, [201, 200, 429]);
  await set({ always: null });
  assert.equal((await sendText(twilio)).status, 201);
  assert.equal(twin.twin.messages().length, 4);
});

Deno.test("twin: a receipt is due by the moved clock, and says when Hark cannot be reached", async () => {
  await using twin = await startTwin();
  const [twilio] = twin.providers;
  assert.ok(twilio !== undefined);
  const receipts = [{ status: "delivered", after: "2d" }];
  await twin.call("POST", "/twin/script", { provider: "twilio", receipts });
  await sendText(twilio);
  const read = async () => (await twin.call("GET", "/twin/messages")).body.messages[0].receipts[0];
  assert.deepEqual(await read(), { status: "delivered", due_at: "2031-01-03T00:00:00.000Z" });
  twin.advance(2 * 86_400_000);
  const { error } = await waitFor("the receipt", async () => {
    const receipt = await read();
    return receipt.error !== undefined && receipt;
  });
  assert.equal(error, "Hark does not answer");
  await twin.call("POST", "/twin/script", { provider: "twilio", receipts: null });
  await sendText(twilio, "+447700900124");
  const { body } = await twin.call("GET", "/twin/messages?to=%2B447700900124&provider=twilio");
  assert.equal(body.messages[0].receipts[0].due_at, "2031-01-03T00:00:01.000Z");
});

Deno.test("startDiiaTwin: a message is pending until its receipt is due", async () => {
  await using twin = await startTwin();
  const diia = twin.providers.find(({ name }) => name === "diia");
  const { DIIA_BASE_URL: root, DIIA_PARTNER_TOKEN: partner } = diia?.environment ?? {};
  const call = async (path: string, init: RequestInit = {}, token = "") => {
    const headers = { "Authorization": `Bearer ${token}`, "Content-Type": "application/json" };
    return await (await fetch(`${root}${path}`, { ...init, headers })).json();
  };
  const { token } = await call(`/api/v1/auth/partner/${partner}`);
  const post = (path: string, body: object) =>
    call(path, { method: "POST", body: JSON.stringify(body) }, token);
  const { templateId } = await post("/api/v1/notification/template", {
    actionType: "message",
    templateType: "attention",
    title: "Title",
    shortText: "Short",
    fullText: "Full",
  });
  const push = "/api/v1/notification/distribution/push";
  const recipients = [{ rnokpp: "3184710691", id: "person-1", parameters: [] }];
  const { distributionId } = await post(push, { templateId, recipients });
  const [message] = twin.twin.messages();
  assert.equal(message?.id, `${distributionId}/person-1`);
  const statusOf = async () =>
    (await call(`${push}/${distributionId}`, {}, token)).recipients[0].status;
  assert.equal(await statusOf(), "pending");
  twin.advance(1_000);
  // A question finds it, and does not wait until the twin looks by itself.
  assert.equal(await statusOf(), "sent");
});

Deno.test("createTwin: shows the newest 10,000 messages", async () => {
  const ids = Array.from({ length: MAX_MESSAGES + 1 }, (_, at) => String(at));
  const taken = [ids.map((id) => ({ id, to: "a", from: "b", text: "c" }))];
  const provider: TwinProvider = {
    name: "example",
    environment: {},
    statuses: ["sent"],
    success: "sent",
    hasCodes: false,
    receipts: "asked",
    next() {},
    always() {},
    errorBody: () => "",
    calls: () => 0,
    takeAccepted: () => taken.pop() ?? [],
    settle() {},
    report: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
  const twin = createTwin([provider], Date.now);
  const messages = twin.messages();
  assert.deepEqual([messages.length, messages.at(-1)?.id, messages[0]?.id], [
    MAX_MESSAGES,
    "1",
    String(MAX_MESSAGES),
  ]);
  await twin.close();
});

Deno.test("parseDuration: reads ms, s, m, h and d, and nothing else", () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["5ms", 5],
    ["90s", 90_000],
    ["15m", 900_000],
    ["3h", 10_800_000],
    ["3d", 259_200_000],
    ["0s", 0],
    ...["", "3", "d", "3 d", "-1s", "1.5h", "3D", "1d2h", "1234567890s"].map((text) =>
      [text, undefined] as const
    ),
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

Deno.test("main.ts and the launcher: import no file of the twin, and none of the tests", () => {
  const imports = Map.groupBy(
    readImports(readSourceFiles([".ts", ".tsx", ".js"])),
    ({ from }) => from,
  );
  const reached = new Set(["main.ts", "runtime/launcher.ts", "runtime/worker_entry.ts"]);
  for (const path of reached) {
    for (const { to } of imports.get(path) ?? []) reached.add(to);
  }
  assert.ok(reached.size > 300);
  assert.deepEqual([...reached].filter((path) => /^(?:tools|tests)\//.test(path)), []);
});
