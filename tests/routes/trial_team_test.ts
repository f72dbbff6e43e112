/** A service in trial mode, and team keys, reach the service's own team by every API. */
import assert from "node:assert/strict";
import { openCallCounter } from "../support/call_counter.ts";
import { startTestApplication, type TestApplication } from "../support/application.ts";
import {
  ANN,
  CODE,
  createService,
  endOf,
  openClient,
  received,
  registerPerson,
} from "../support/web_client.ts";
import { bodyOf } from "./support.ts";
import { placesOf, upload } from "./manage/jobs_support.ts";
import { test } from "../support/runner.ts";

const BOB = {
  name: "Bob",
  email: "bob@dept.gov.example",
  password: "seven quiet green lamps",
  mobile: "07900 900124",
} as const;

const STRANGER = { phone: "07900900199", email: "stranger@dept.gov.example" } as const;

interface OwnService {
  readonly id: string;
  readonly keys: { readonly live: string; readonly team: string };
  readonly sms: string;
  readonly email: string;
}

/** Registers Ann, who creates a service, and adds templates and keys. */
async function newOwnService(hark: TestApplication): Promise<OwnService> {
  const path = await createService(await registerPerson(hark));
  const post = async (list: string, body: unknown) =>
    await bodyOf(await hark.manage("POST", `/manage${path}/${list}`, body), 201);
  const sms = await post("templates", { channel: "sms", name: "Text", body: "Hi ((name))" });
  const email = await post("templates", {
    channel: "email",
    name: "Letter",
    subject: "Hi",
    body: "Hi ((name))",
  });
  return {
    id: path.slice("/services/".length),
    keys: {
      live: (await post("keys", { name: "live", kind: "live" })).key,
      team: (await post("keys", { name: "team", kind: "team" })).key,
    },
    sms: sms.id,
    email: email.id,
  };
}

function start(options: Parameters<typeof startTestApplication>[0] = {}) {
  return startTestApplication({ ...options, environment: { REGISTRATION_DOMAINS: "*" } });
}

Deno.test("a service in trial mode: sends to its team by each API, and to no stranger", async () => {
  await using hark = await start();
  const { keys, sms, email } = await newOwnService(hark);
  const personalisation = { name: "Ann" };
  for (const key of [keys.live, keys.team]) {
    for (
      const [path, body, other] of [
        [
          "/v2/notifications/sms",
          { template_id: sms, phone_number: "+44 7900 900123" },
          { phone_number: STRANGER.phone },
        ],
        [
          "/v2/notifications/email",
          { template_id: email, email_address: ANN.email.toUpperCase() },
          { email_address: STRANGER.email },
        ],
        ["/notifications/sms", { template: sms, to: ANN.mobile }, { to: STRANGER.phone }],
      ] as const
    ) {
      const sent = await hark.as(key, "POST", path, { ...body, personalisation });
      await bodyOf(sent, 201, path);
      const refused = await hark.as(key, "POST", path, { ...body, ...other, personalisation });
      assert.equal(refused.status, 400, path);
      await refused.body?.cancel();
    }
  }
});

Deno.test("POST …/jobs: a service in trial mode sends a list to its team, and refuses the row of a stranger", async () => {
  await using hark = await start();
  const service = await newOwnService(hark);
  const list = { ...service, keys: { ...service.keys, test: "" } };
  const mixed = `phone number,name\n${ANN.mobile},Ann\n${STRANGER.phone},Bob\n`;
  const report = await bodyOf(await upload(hark, list, mixed), 422);
  assert.deepEqual(placesOf(report), [[3, "phone number", "recipient_not_allowed"]]);
  const own = `phone number,name\n+447900900123,Ann\n`;
  const job = await bodyOf(await upload(hark, list, own), 201);
  const toMail = `email address,name\n${ANN.email},Ann\n${STRANGER.email},Bob\n`;
  const letters = await bodyOf(
    await upload(hark, list, toMail, { template_id: service.email }),
    422,
  );
  assert.deepEqual(placesOf(letters), [[3, "email address", "recipient_not_allowed"]]);
  await hark.settle();
  const path = `/manage/services/${service.id}/jobs/${job.id}`;
  const { status, counts } = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual([status, counts], ["finished", { delivered: 1 }]);
});

Deno.test("POST /v2/notifications/bulk: live keys of a trial service and team keys send to the team, and refuse a stranger", async () => {
  await using hark = await start();
  const { keys, sms } = await newOwnService(hark);
  for (const key of [keys.live, keys.team]) {
    const send = (...numbers: readonly string[]) =>
      hark.as(key, "POST", "/v2/notifications/bulk", {
        name: "March",
        template_id: sms,
        rows: [["phone number", "name"], ...numbers.map((number) => [number, "Ann"])],
      });
    const refused = await send(ANN.mobile, STRANGER.phone);
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /You cannot send to these recipients/);
    await bodyOf(await send(ANN.mobile), 201);
  }
  await hark.settle();
  const sent = (await hark.sent()).filter(({ text }) => text.endsWith("Hi Ann"));
  assert.deepEqual(sent.map(({ to }) => to), ["447900900123", "447900900123"]);
});

Deno.test("POST …/jobs: a list that waits is not sent to a member who left meanwhile", async () => {
  await using hark = await start();
  const service = await newOwnService(hark);
  const team = `/manage/services/${service.id}`;
  await registerPerson(hark, BOB);
  await bodyOf(
    await hark.manage("POST", `${team}/invitations`, { email_address: BOB.email, roles: ["view"] }),
    201,
  );
  const bob = openClient(hark);
  await bob.post("/sign-in", { email_address: BOB.email, password: BOB.password });
  await bob.post("/sign-in/code", { code: await received(hark, endOf(BOB.mobile), CODE) });
  await bob.post(await received(hark, BOB.email, /(\/invitations\/[\w-]+)/), {});
  const list = { ...service, keys: { ...service.keys, test: "" } };
  const both = `phone number,name\n${ANN.mobile},Ann\n${BOB.mobile},Bob\n`;
  const job = await bodyOf(await upload(hark, list, both, { start: "false" }), 201);
  const { members } = await bodyOf(await hark.manage("GET", `${team}/members`), 200);
  const left = members.find((one: { name: string }) => one.name === BOB.name);
  const removed = await hark.manage("DELETE", `${team}/members/${left.user_id}`);
  assert.equal(removed.status, 204);
  const path = `${team}/jobs/${job.id}`;
  await bodyOf(await hark.manage("POST", `${path}/start`), 200);
  await hark.settle();
  const { status, error, counts } = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual([status, error, counts], ["error", "recipient-not-allowed:3", {}]);
});

test.inside("POST /v2/notifications/sms: to a team member costs one call of the database on a warm process", async () => {
  const { db, take } = await openCallCounter();
  await using hark = await start({ db });
  const { keys, sms } = await newOwnService(hark);
  const text = { template_id: sms, phone_number: ANN.mobile, personalisation: { name: "Ann" } };
  const send = () => hark.as(keys.live, "POST", "/v2/notifications/sms", text);
  await bodyOf(await send(), 201);
  await hark.settle();
  take();
  const sent = await send();
  const { reads, writes } = take();
  await bodyOf(sent, 201);
  assert.deepEqual([reads.length, writes.length], [0, 1]);
  await hark.settle();
});
