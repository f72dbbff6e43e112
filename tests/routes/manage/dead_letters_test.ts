import assert from "node:assert/strict";
import { MAX_COMMANDS_UNDER_WAY } from "../../../domain/dead_letters/dead_letter.ts";
import { MAX_DROP_REASON } from "../../../domain/dead_letters/dead_letter.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf, callAt, NO_ID, SECOND, SMS, textTo } from "../support.ts";
import { type Stage, startStage } from "./callbacks/support.ts";
import { waitFor } from "../../support/process.ts";
import { RUNNER, test } from "../../support/runner.ts";

const PATH = "/manage/dead-letters";

/** Archives the service, or puts it back. */
async function setActive({ hark, service }: Stage, active: boolean): Promise<void> {
  await bodyOf(await hark.manage("PATCH", `/manage/services/${service.id}`, { active }), 200);
}

/** Sends texts whose service is archived when they are due: they end as `technical-failure`. */
async function newDeadLetters(stage: Stage, count: number, fields = {}): Promise<string[]> {
  const { hark, clock, service } = stage;
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const scheduled_for = new Date(clock.now() + 60 * SECOND).toISOString();
    const body = textTo(service, { scheduled_for, ...fields });
    const sent = await callAt(hark, clock, service.keys.live, "POST", SMS, body);
    ids.push((await bodyOf(sent, 201)).id);
  }
  await setActive(stage, false);
  clock.advance(60 * SECOND);
  await hark.settle();
  await setActive(stage, true);
  return ids;
}

const ask = async ({ hark }: Stage, method: string, path: string, status: number, body?: unknown) =>
  await bodyOf(await hark.manage(method, `${PATH}${path}`, body), status, `${method} ${path}`);

/** Waits until a command has been run. @returns it as it is then */
async function runCommand(stage: Stage, path: string) {
  // A process looks for a command every two seconds.
  stage.clock.advance(2 * SECOND);
  if (RUNNER === "process") {
    await stage.hark.backgroundWork.runDeadLetters(new AbortController().signal);
  }
  return await waitFor("the end of a command", async () => {
    await stage.hark.settle();
    const command = await ask(stage, "GET", path, 200);
    return command.status === "finished" && command;
  });
}

Deno.test("POST /manage/dead-letters/{id}/redrive: sends the same message once more, with its event and its callback", async () => {
  await using stage = await startStage();
  const { hark, clock, service, receiver } = stage;
  await stage.set();
  const [id] = await newDeadLetters(stage, 1);
  const failedAt = new Date(clock.now()).toISOString();
  const letter = {
    notification_id: id,
    service_id: service.id,
    channel: "sms",
    provider: null,
    reason: "service-archived",
    failed_at: failedAt,
    dropped_at: null,
    drop_reason: null,
  };
  assert.deepEqual(await ask(stage, "GET", "", 200), { dead_letters: [letter], links: {} });
  assert.deepEqual(await ask(stage, "GET", "/counts", 200), {
    counts: [{
      reason: "service-archived",
      provider: null,
      channel: "sms",
      messages: 1,
      oldest_failed_at: failedAt,
    }],
    complete: true,
  });
  const limits = async () =>
    (await bodyOf(
      await hark.manage(
        "GET",
        `/manage/services/${service.id}/statistics?from=2031-05-14&to=2031-05-14&by=reason`,
      ),
      200,
    )).rows;
  assert.equal((await limits()).length, 1);
  assert.deepEqual(await ask(stage, "POST", `/${id}/redrive`, 200), {
    notification_id: id,
    result: "redriven",
    reason: null,
  });
  const again = { notification_id: id, result: "skipped", reason: "not-failed" };
  assert.deepEqual(await ask(stage, "POST", `/${id}/redrive`, 200), again);
  await hark.settle();
  const shown = await bodyOf(await stage.as("GET", `/v2/notifications/${id}`), 200);
  assert.ok(["sending", "delivered"].includes(shown.status), shown.status);
  assert.deepEqual(await ask(stage, "GET", "", 200), { dead_letters: [], links: {} });
  await stage.run();
  const statuses = receiver.calls.map(({ body }) => [body.id, body.status]);
  assert.deepEqual(statuses.slice(0, 2), [[id, "technical-failure"], [id, "created"]]);
  assert.deepEqual(await ask(stage, "POST", `/${id}/redrive`, 200), again);
});

Deno.test("POST /manage/dead-letters/redrive: redrives by a filter as a command with progress, and skips what may not be sent", async () => {
  await using stage = await startStage();
  const { clock, service } = stage;
  const valid_until = new Date(clock.now() + 121 * SECOND).toISOString();
  await newDeadLetters(stage, 2);
  await newDeadLetters(stage, 1, { valid_until });
  const filter = { reason: "service-archived", channel: "sms", service_id: service.id };
  const command = await ask(stage, "POST", "/redrive", 202, { filter });
  assert.match(command.id, /^[0-9a-f-]{36}$/);
  assert.deepEqual([command.status, command.matched, command.redriven, command.filter], [
    "in progress",
    3,
    0,
    filter,
  ]);
  assert.equal((await ask(stage, "POST", "/redrive", 202, { filter })).id, command.id);
  assert.equal(command.links.self, `${PATH}/redrives/${command.id}`);
  const done = await runCommand(stage, `/redrives/${command.id}`);
  assert.deepEqual([done.status, done.redriven, done.skipped], ["finished", 2, { expired: 1 }]);
  await ask(stage, "GET", `/drops/${command.id}`, 404);
  const left = await ask(stage, "POST", "/redrive", 202, { filter });
  assert.notEqual(left.id, command.id);
  const nothing = await runCommand(stage, `/redrives/${left.id}`);
  assert.deepEqual([nothing.redriven, nothing.skipped], [0, { expired: 1 }]);
});

Deno.test("POST /manage/dead-letters/drop: drops one or a filter with a reason, and a dropped one is not redriven", async () => {
  await using stage = await startStage();
  const [first, second] = await newDeadLetters(stage, 2);
  const reason = "x".repeat(MAX_DROP_REASON);
  assert.deepEqual(await ask(stage, "POST", `/${first}/drop`, 200, { reason }), {
    notification_id: first,
    result: "dropped",
    reason: null,
  });
  const command = await ask(stage, "POST", "/drop", 202, { filter: {}, reason: "out-of-date" });
  assert.deepEqual([command.matched, command.reason], [1, "out-of-date"]);
  assert.equal((await runCommand(stage, `/drops/${command.id}`)).dropped, 1);
  await ask(stage, "GET", `/redrives/${command.id}`, 404);
  const { dead_letters } = await ask(stage, "GET", "?state=dropped", 200);
  assert.deepEqual(
    dead_letters.map((
      letter: Record<string, unknown>,
    ) => [letter.notification_id, letter.drop_reason]),
    [[second, "out-of-date"], [first, reason]],
  );
  const skipped = await ask(stage, "POST", `/${second}/redrive`, 200);
  assert.deepEqual([skipped.result, skipped.reason], ["skipped", "dropped"]);
});

Deno.test("GET /manage/dead-letters: lists 100 a page, and the next page keeps the filter", async () => {
  await using stage = await startStage();
  const ids = await newDeadLetters(stage, 101);
  const page = await ask(stage, "GET", "?channel=sms", 200);
  assert.equal(page.dead_letters.length, 100);
  assert.equal(page.links.next, `${PATH}?channel=sms&older_than=${ids[1]}`);
  const next = await bodyOf(await stage.hark.manage("GET", page.links.next), 200);
  assert.deepEqual(
    next.dead_letters.map((letter: Record<string, unknown>) => letter.notification_id),
    [ids[0]],
  );
  assert.deepEqual(next.links, {});
});

Deno.test("/manage/dead-letters: 401 without the operator's token, 404 for unknown ids, 400 for a query or body that is not valid", async () => {
  await using hark = await startTestApplication();
  const calls = [
    ["GET", ""],
    ["GET", "/counts"],
    ["POST", "/redrive"],
    ["POST", "/drop"],
    ["GET", `/redrives/${NO_ID}`],
    ["GET", `/drops/${NO_ID}`],
    ["POST", `/${NO_ID}/redrive`],
    ["POST", `/${NO_ID}/drop`],
  ] as const;
  for (const [method, path] of calls) {
    assert.equal((await hark.request(PATH + path, { method })).status, 401, path);
  }
  const refused = async (method: string, path: string, status: number, body?: unknown) =>
    await bodyOf(
      await hark.manage(method, PATH + path, body),
      status,
      `${path} ${JSON.stringify(body)}`,
    );
  for (
    const search of ["?channel=letter", "?service_id=x", "?from=x", "?older_than=x", "?state=x"]
  ) {
    await refused("GET", search, 400);
  }
  await refused("GET", "?from=2031-05-14T12:00:00Z&to=2031-05-14T12:00:00Z", 400);
  await refused("GET", "?reason=", 400);
  await refused("GET", "/counts?reason=x", 400);
  await refused("POST", "/redrive", 400, {});
  await refused("POST", "/redrive", 400, { filter: { status: "x" } });
  await refused("POST", "/redrive", 400, { filter: {}, reason: "x" });
  await refused("POST", "/drop", 400, { filter: {} });
  for (
    const reason of ["", "Two words", "x".repeat(MAX_DROP_REASON + 1), "-x", "ann@example.com"]
  ) {
    await refused("POST", "/drop", 400, { filter: {}, reason });
    await refused("POST", `/${NO_ID}/drop`, 400, { reason });
  }
  await refused("POST", `/${NO_ID}/redrive`, 404);
  await refused("POST", `/${NO_ID}/drop`, 404, { reason: "x" });
  await refused("POST", "/not-an-id/redrive", 404);
  await refused("GET", `/redrives/${NO_ID}`, 404);
});

test.inside(`POST /manage/dead-letters/redrive: 409 while ${MAX_COMMANDS_UNDER_WAY} commands are under way`, async () => {
  // A process of its own would end some meanwhile.
  await using stage = await startStage();
  for (let n = 0; n < MAX_COMMANDS_UNDER_WAY; n++) {
    await ask(stage, "POST", "/redrive", 202, { filter: { reason: String(n) } });
  }
  await ask(stage, "POST", "/redrive", 409, { filter: {} });
});
