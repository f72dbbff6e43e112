import assert from "node:assert/strict";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import { MAX_FIRST_ATTEMPTS } from "../../../application/delivery/capacity.ts";
import { createDispatchTrigger } from "../../../application/background/runs.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";
import { startTestApplication } from "../../support/application.ts";
import { createHrana } from "../../support/hrana.ts";
import {
  bodyOf,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  SMS,
  textTo,
} from "../../routes/support.ts";

Deno.test("deliver: a provider that hangs blocks neither accepts nor the other channel", async () => {
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  await using hark = await startTestApplication({
    environment: {
      TWILIO_ACCOUNT_SID: "AC00112233445566778899aabbccddeeff",
      TWILIO_AUTH_TOKEN: "token",
      TWILIO_FROM: "+447900900000",
    },
    fetch: async () => {
      calls++;
      await gate.promise;
      return new Response("{}", { status: 429 });
    },
  });
  const service = await newServiceWithTemplates(hark);
  const texts = await Promise.all(
    Array.from(
      { length: 4 * MAX_FIRST_ATTEMPTS },
      () => hark.as(service.keys.live, "POST", SMS, textTo(service)),
    ),
  );
  for (const text of texts) await bodyOf(text, 201);
  const sent = await bodyOf(await hark.as(service.keys.live, "POST", EMAIL, emailTo(service)), 201);
  // Each iteration lets the e-mail's attempt continue; the texts hang while the gate is closed.
  let status = "created";
  while (status !== "delivered") {
    const path = `/v2/notifications/${sent.id}`;
    ({ status } = await bodyOf(await hark.as(service.keys.live, "GET", path), 200));
  }
  assert.ok(calls >= MAX_FIRST_ATTEMPTS);
  gate.resolve();
});

Deno.test("deliver: retries recording an outcome, and sends nothing again", async () => {
  await using hrana = createHrana(":memory:");
  const db = await openDatabase({ url: "http://db.internal", fetch: hrana.fetch });
  await migrateEmpty(db, Date.now());
  let calls = 0;
  const hark = await startTestApplication({
    db,
    environment: {
      TWILIO_ACCOUNT_SID: "AC00112233445566778899aabbccddeeff",
      TWILIO_AUTH_TOKEN: "token",
      TWILIO_FROM: "+447900900000",
    },
    fetch: () => {
      calls++;
      // The next database operation records this outcome.
      hrana.failNext(502);
      const answer = { sid: "SM00112233445566778899aabbccddeeff", status: "queued" };
      return Promise.resolve(Response.json(answer, { status: 201 }));
    },
  });
  const service = await newServiceWithTemplates(hark);
  const sent = await bodyOf(await hark.as(service.keys.live, "POST", SMS, textTo(service)), 201);
  await hark.settle();
  const path = `/v2/notifications/${sent.id}`;
  const { status } = await bodyOf(await hark.as(service.keys.live, "GET", path), 200);
  assert.deepEqual([status, calls], ["sending", 1]);
  await hark.close();
  db.close();
});

Deno.test("createDispatchTrigger: logs a failure and never rejects", async () => {
  const logged: LogEntry[] = [];
  const log = (entry: LogEntry) => void logged.push(entry);
  const broken = () => Promise.reject(new TypeError("somebody's data"));
  await createDispatchTrigger({ dispatch: broken }, log)();
  await createDispatchTrigger(
    { dispatch: () => Promise.resolve({ claimed: 0, ended: broken() }) },
    log,
  )();
  const line = { event: "dispatch-failed", error: "TypeError" };
  assert.deepEqual(logged, [line, line]);
});
