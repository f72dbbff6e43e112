import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../../support/application.ts";
import { serveOnLoopback } from "../../../support/http.ts";
import {
  assertError,
  bodyOf,
  callAt,
  HOUR,
  type MovableClock,
  movableClock,
  newServiceWithTemplates,
  NO_ID,
  NOON,
  type ServiceWithTemplates,
  SMS,
  textTo,
} from "../../support.ts";

interface Scene {
  readonly hark: TestApplication;
  readonly clock: MovableClock;
  readonly service: ServiceWithTemplates;
}

async function start(): Promise<Scene & AsyncDisposable> {
  const clock = movableClock();
  const hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  return { clock, hark, service, [Symbol.asyncDispose]: () => hark.close() };
}

const LATER = new Date(NOON + HOUR).toISOString();

async function schedule(
  { hark, clock, service }: Scene,
  kind: "live" | "team" | "test" = "live",
  scheduled_for: string | null = LATER,
): Promise<string> {
  const body = textTo(service, { scheduled_for });
  return (await bodyOf(await callAt(hark, clock, service.keys[kind], "POST", SMS, body), 201)).id;
}

const cancel = ({ hark, clock }: Scene, key: string, id: string) =>
  callAt(hark, clock, key, "POST", `/v2/notifications/${id}/cancel`);
const statusOf = async ({ hark, clock, service }: Scene, id: string) => {
  const answer = await callAt(hark, clock, service.keys.live, "GET", `/v2/notifications/${id}`);
  return (await bodyOf(answer, 200)).status;
};
const eventsOf = async ({ hark, service }: Scene, id: string) => {
  const path = `/manage/services/${service.id}/notifications/${id}/timeline`;
  return (await bodyOf(await hark.manage("GET", path), 200)).events;
};

Deno.test("POST /v2/notifications/{id}/cancel: cancels a scheduled message; a retry gets the same answer", async () => {
  await using scene = await start();
  const { hark, clock, service } = scene;
  const id = await schedule(scene);
  clock.advance(60_000);
  const first = await bodyOf(await cancel(scene, service.keys.live, id), 200);
  assert.equal(first.id, id);
  assert.equal(first.status, "cancelled");
  assert.equal(first.sent_at, null);
  assert.equal(first.completed_at, "2031-05-14T12:01:00.000000Z");
  clock.advance(60_000);
  const again = await bodyOf(await cancel(scene, service.keys.live, id), 200);
  assert.deepEqual(again, first);
  const read = await callAt(hark, clock, service.keys.live, "GET", `/v2/notifications/${id}`);
  assert.deepEqual(await bodyOf(read, 200), first);
  clock.advance(2 * HOUR);
  await hark.settle();
  assert.equal((await hark.sent()).length, 0);
  assert.deepEqual(await eventsOf(scene, id), [
    { at: "2031-05-14T12:00:00.000Z", kind: "accepted", status: "created" },
    { at: "2031-05-14T12:01:00.000Z", kind: "status-changed", status: "cancelled", code: "asked" },
  ]);
});

Deno.test("cancelled: the 2016 API reports it as failed, and the status filter finds it", async () => {
  await using scene = await start();
  const { hark, clock, service } = scene;
  const id = await schedule(scene);
  const other = await schedule(scene);
  await bodyOf(await cancel(scene, service.keys.live, id), 200);
  const call = (path: string) => callAt(hark, clock, service.keys.live, "GET", path);
  const old = await bodyOf(await call(`/notifications/${id}`), 200);
  assert.equal(old.data.notification.status, "failed");
  const list = async (status: string) =>
    (await bodyOf(await call(`/v2/notifications?status=${status}`), 200)).notifications
      .map((notification: { id: string }) => notification.id);
  assert.deepEqual(await list("cancelled"), [id]);
  assert.deepEqual(await list("created"), [other]);
});

Deno.test("POST /v2/notifications/{id}/cancel: 409 for a message that was sent, has failed or has expired", async () => {
  await using scene = await start();
  const { hark, service } = scene;
  const id = await schedule(scene, "live", null);
  await hark.settle();
  await assertError(
    await cancel(scene, service.keys.live, id),
    409,
    "ConflictError",
    "Notification cannot be cancelled: its status is delivered",
  );
  assert.equal(await statusOf(scene, id), "delivered");
});

Deno.test("POST /v2/notifications/{id}/cancel: 409 while a provider call is in flight", async () => {
  const gate = Promise.withResolvers<void>();
  const called = Promise.withResolvers<void>();
  await using provider = serveOnLoopback({
    async fetch() {
      called.resolve();
      await gate.promise;
      return new Response("{}", { status: 500 });
    },
  });
  const clock = movableClock();
  await using hark = await startTestApplication({
    clock,
    environment: {
      SMS_PROVIDER: "twilio",
      TWILIO_ACCOUNT_SID: "AC00112233445566778899aabbccddeeff",
      TWILIO_AUTH_TOKEN: "token",
      TWILIO_FROM: "+447900900000",
      TWILIO_BASE_URL: provider.origin,
    },
  });
  const service = await newServiceWithTemplates(hark);
  const scene: Scene = { hark, clock, service };
  const id = await schedule(scene, "live", null);
  await called.promise;
  const tooLate = [409, "ConflictError", "Notification cannot be cancelled: it is being sent"];
  const [status, error, message] = tooLate as [number, string, string];
  await assertError(await cancel(scene, service.keys.live, id), status, error, message);
  gate.resolve();
  await hark.settle();
  // The attempt was started and may have reached the provider: it is retried and not cancelled.
  await assertError(await cancel(scene, service.keys.live, id), status, error, message);
});

Deno.test("POST /v2/notifications/{id}/cancel: cancels a message that quiet hours postpone", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark, {
    quiet_hours: { start: "10:00", end: "15:00" },
  });
  const scene: Scene = { hark, clock, service };
  const id = await schedule(scene, "live", null);
  await hark.settle();
  await bodyOf(await cancel(scene, service.keys.live, id), 200);
  clock.advance(5 * HOUR);
  await hark.settle();
  assert.equal((await hark.sent()).length, 0);
});

Deno.test("POST /v2/notifications/{id}/cancel: allowed for keys of the same kind and service only", async () => {
  await using scene = await start();
  const { hark, service } = scene;
  const other = await newServiceWithTemplates(hark);
  const notFound = [404, "NoResultFound", "No result found"] as const;
  const id = await schedule(scene);
  for (const key of [service.keys.test, service.keys.team, other.keys.live]) {
    await assertError(await cancel(scene, key, id), ...notFound);
  }
  await assertError(await cancel(scene, service.keys.live, NO_ID), ...notFound);
  await assertError(
    await cancel(scene, service.keys.live, "x"),
    400,
    "ValidationError",
    "notification_id is not a valid UUID",
  );
  assert.equal(await statusOf(scene, id), "created");
  const tested = await schedule(scene, "test");
  await bodyOf(await cancel(scene, service.keys.test, tested), 200);
  const get = await hark.request(`/v2/notifications/${id}/cancel`);
  assert.equal(get.status, 405);
});

Deno.test("POST /manage/…/notifications/{id}/cancel: cancels a message of any key", async () => {
  await using scene = await start();
  const { hark, service, clock } = scene;
  const other = await newServiceWithTemplates(hark);
  const path = (id: string, of = service.id) => `/manage/services/${of}/notifications/${id}/cancel`;
  for (const kind of ["live", "test"] as const) {
    const id = await schedule(scene, kind);
    await bodyOf(await hark.manage("POST", path(id, other.id)), 404);
    for (let times = 0; times < 2; times++) {
      const shown = await bodyOf(await hark.manage("POST", path(id)), 200);
      assert.equal(shown.status, "cancelled");
      assert.equal(shown.scheduled_for, LATER);
      assert.equal("body" in shown, false);
    }
  }
  const sent = await schedule(scene, "live", null);
  await hark.settle();
  const refused = await bodyOf(await hark.manage("POST", path(sent)), 409);
  assert.match(refused.detail, /its status is delivered/);
  for (const id of [NO_ID, "x"]) await bodyOf(await hark.manage("POST", path(id)), 404);
  clock.advance(2 * HOUR);
  await hark.settle();
  assert.equal((await hark.sent()).length, 1);
});
