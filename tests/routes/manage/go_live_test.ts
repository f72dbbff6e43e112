/** Going live through the management API. */
import assert from "node:assert/strict";
import { MAX_REASON } from "../../../domain/going_live/request.ts";
import { MAX_LIMIT } from "../../../domain/service/setting_rules.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { FORM, newReadyService } from "../go_live_support.ts";
import { bodyOf, DAY, movableClock, NO_ID } from "../support.ts";

const pathOf = (id: string) => `/manage/services/${id}/go-live-requests`;

async function ask(hark: TestApplication, id: string, more: Record<string, unknown> = {}) {
  return await hark.manage("POST", pathOf(id), { ...FORM, ...more });
}

Deno.test("POST …/go-live-requests: a service that fulfils the checklist asks, an operator approves with limits, and both are notified", async () => {
  await using hark = await startTestApplication({ alone: true });
  const { id } = await newReadyService(hark);
  const before = await bodyOf(await hark.manage("GET", pathOf(id)), 200);
  assert.deepEqual(
    before.checklist.map(({ item, done }: { item: string; done: boolean }) => [item, done]),
    [
      ["purpose", true],
      ["template", true],
      ["managers", true],
      ["sender", true],
      ["reply-to", true],
      ["test", true],
      ["volume", false],
      ["contact", false],
      ["terms", false],
    ],
  );
  const asked = await bodyOf(await ask(hark, id), 201);
  assert.equal(asked.state, "waiting");
  assert.deepEqual(asked.volumes, FORM.volumes);
  await hark.settle();
  const told = (await hark.sent()).filter(({ subject }) => /asks to go live/.test(subject ?? ""));
  assert.deepEqual(told.map(({ to }) => to).sort(), [
    "ann@dept.gov.example",
    "bob@dept.gov.example",
  ]);
  assert.match(told[0]?.text ?? "", new RegExp(`/operator/go-live/${asked.id}`));

  const waiting = await bodyOf(await hark.manage("GET", "/manage/go-live-requests"), 200);
  assert.deepEqual(waiting.requests.map((each: { id: string }) => each.id), [asked.id]);
  assert.equal(waiting.requests[0].service_name, "Library");

  const answered = await bodyOf(
    await hark.manage("PATCH", `${pathOf(id)}/${asked.id}`, {
      state: "approved",
      reason: "Welcome",
      daily_limits: { sms: 500, international_sms: null },
    }),
    200,
  );
  assert.equal(answered.state, "approved");
  const service = await bodyOf(await hark.manage("GET", `/manage/services/${id}`), 200);
  assert.equal(service.mode, "live");
  assert.equal(service.daily_limits.sms, 500);
  assert.equal(service.daily_limits.email, null);
  await hark.settle();
  const answers = (await hark.sent()).filter(({ subject }) => /is live/.test(subject ?? ""));
  assert.deepEqual(answers.map(({ to }) => to).sort(), [
    "ann@dept.gov.example",
    "bob@dept.gov.example",
  ]);
  assert.match(answers[0]?.text ?? "", /Library[^]*Welcome/);

  const { entries } = await bodyOf(await hark.manage("GET", `/manage/services/${id}/audit`), 200);
  assert.deepEqual(
    entries.slice(0, 2).map(({ action, subject }: { action: string; subject: string }) => [
      action,
      subject,
    ]),
    [["go-live-approved", asked.id], ["go-live-asked", asked.id]],
  );
  assert.deepEqual(await bodyOf(await hark.manage("GET", "/manage/go-live-requests"), 200), {
    requests: [],
    links: {},
  });
  assert.equal((await ask(hark, id)).status, 409);
});

Deno.test("POST …/go-live-requests: 409 with the items that are not fulfilled, 400 at the field, 404 for others", async () => {
  await using hark = await startTestApplication({ alone: true });
  const bare = await hark.newService({ mode: "trial", channels: ["sms", "email"] });
  await hark.newTemplate(bare.id, { channel: "sms", name: "Test", body: "Hello" });
  const refused = await bodyOf(await ask(hark, bare.id), 409);
  assert.deepEqual(refused.undone, ["purpose", "template", "managers", "sender", "test"]);
  const { id } = await newReadyService(hark);
  const cases: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ volumes: {} }, "volumes"],
    [{ volumes: { sms: 0 } }, "volumes"],
    [{ volumes: { sms: 1.5 } }, "volumes.sms"],
    [{ volumes: { sms: -1 } }, "volumes.sms"],
    [{ volumes: { sms: MAX_LIMIT + 1 } }, "volumes.sms"],
    [{ contact: "" }, "contact"],
    [{ contact: "nobody" }, "contact"],
    [{ accepts_terms: false }, "accepts_terms"],
    [{ id: "x" }, "id"],
    [{ more: 1 }, "more"],
  ];
  for (const [fields, field] of cases) {
    const body = await bodyOf(await ask(hark, id, fields), 400);
    assert.equal(body.errors[0]?.field, field, JSON.stringify(fields));
  }
  assert.equal((await ask(hark, NO_ID)).status, 404);
  await bodyOf(await ask(hark, id, { volumes: { sms: MAX_LIMIT } }), 201);
});

Deno.test("POST …/go-live-requests: a request with its own id is made once, and one at a time waits", async () => {
  await using hark = await startTestApplication({ alone: true });
  const { id } = await newReadyService(hark);
  const own = crypto.randomUUID();
  const [first, second] = await Promise.all([
    ask(hark, id, { id: own }),
    ask(hark, id, { id: own }),
  ]);
  assert.deepEqual(await bodyOf(first, 201), await bodyOf(second, 201));
  const { entries } = await bodyOf(await hark.manage("GET", `/manage/services/${id}/audit`), 200);
  const asked = entries.filter(({ action }: { action: string }) => action === "go-live-asked");
  assert.equal(asked.length, 1);
  assert.match((await bodyOf(await ask(hark, id), 409)).detail, /waits for an operator/);
});

Deno.test("PATCH …/go-live-requests/{id}: of two operators the first counts, and the second is notified", async () => {
  await using hark = await startTestApplication({ alone: true });
  const { id } = await newReadyService(hark);
  const asked = await bodyOf(await ask(hark, id), 201);
  const answer = (body: unknown) => hark.manage("PATCH", `${pathOf(id)}/${asked.id}`, body);
  const answers = await Promise.all([
    answer({ state: "approved" }),
    answer({ state: "refused", reason: "The texts are drafts" }),
  ]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  const bodies = await Promise.all(answers.map((each) => each.json()));
  const [won, lost] = answers[0]?.status === 200 ? bodies : bodies.toReversed();
  assert.deepEqual(lost.request, won);
  assert.match(won.answer.answered_at, /^\d{4}-/);
  assert.deepEqual(won.answer.answered_by, { kind: "admin-token" });
  const { mode } = await bodyOf(await hark.manage("GET", `/manage/services/${id}`), 200);
  assert.equal(mode, won.state === "approved" ? "live" : "trial");
});

Deno.test("PATCH …/go-live-requests/{id}: a refusal needs a reason, changes nothing of the service, and the team asks again", async () => {
  await using hark = await startTestApplication({ alone: true });
  const { id } = await newReadyService(hark);
  const asked = await bodyOf(await ask(hark, id), 201);
  const address = `${pathOf(id)}/${asked.id}`;
  const cases: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ state: "refused" }, "reason"],
    [{ state: "refused", reason: " " }, "reason"],
    [{ state: "refused", reason: "x".repeat(MAX_REASON + 1) }, "reason"],
    [{ state: "approved", daily_limits: { sms: -1 } }, "daily_limits.sms"],
    [{ state: "approved", daily_limits: { sms: MAX_LIMIT + 1 } }, "daily_limits.sms"],
    [{ state: "waiting" }, "state"],
  ];
  for (const [body, field] of cases) {
    const answer = await bodyOf(await hark.manage("PATCH", address, body), 400);
    assert.equal(answer.errors[0]?.field, field, JSON.stringify(body));
  }
  const reason = "x".repeat(MAX_REASON);
  const refused = await bodyOf(
    await hark.manage("PATCH", address, { state: "refused", reason, daily_limits: { sms: 1 } }),
    200,
  );
  assert.equal(refused.answer.reason, reason);
  const service = await bodyOf(await hark.manage("GET", `/manage/services/${id}`), 200);
  assert.deepEqual([service.mode, service.daily_limits.sms], ["trial", null]);
  await hark.settle();
  assert.ok((await hark.sent()).some(({ subject }) => /does not go live yet/.test(subject ?? "")));
  await bodyOf(await ask(hark, id), 201);
  for (const other of [NO_ID, "x"]) {
    const path = `${pathOf(id)}/${other}`;
    assert.equal((await hark.manage("PATCH", path, { state: "approved" })).status, 404);
  }
});

Deno.test("POST …/go-live-requests: five a day of a service, then 429", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const { id } = await newReadyService(hark, clock);
  const refuse = async (request: string) =>
    await bodyOf(
      await hark.manage("PATCH", `${pathOf(id)}/${request}`, { state: "refused", reason: "No" }),
      200,
    );
  for (let i = 0; i < 5; i++) await refuse((await bodyOf(await ask(hark, id), 201)).id);
  const limited = await ask(hark, id);
  assert.equal(limited.status, 429);
  assert.ok(Number(limited.headers.get("retry-after")) > 0);
  clock.advance(DAY);
  await bodyOf(await ask(hark, id), 201);
});

Deno.test("/manage/…/go-live-requests: an archived service neither asks nor is approved; the token of a service asks and does not answer", async () => {
  await using hark = await startTestApplication({ alone: true });
  const { id } = await newReadyService(hark);
  const { token } = await bodyOf(
    await hark.manage("POST", "/manage/tokens", { name: "Team", service_id: id }),
    201,
  );
  const asTeam = (method: string, path: string, body?: unknown) =>
    hark.request(path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const asked = await bodyOf(await asTeam("POST", pathOf(id), FORM), 201);
  assert.equal(asked.asked_by.kind, "management-token");
  const address = `${pathOf(id)}/${asked.id}`;
  assert.equal((await asTeam("PATCH", address, { state: "approved" })).status, 403);
  assert.equal((await asTeam("GET", "/manage/go-live-requests")).status, 404);
  await hark.manage("PATCH", `/manage/services/${id}`, { active: false });
  const archived = await hark.manage("PATCH", address, { state: "approved" });
  assert.match((await bodyOf(archived, 409)).detail, /archived/);
  await bodyOf(await hark.manage("PATCH", address, { state: "refused", reason: "Gone" }), 200);
  assert.match((await bodyOf(await ask(hark, id), 409)).detail, /archived/);
});
