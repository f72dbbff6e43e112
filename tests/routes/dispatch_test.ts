import assert from "node:assert/strict";
import { MAX_FIRST_ATTEMPTS } from "../../routes/dispatch/dispatcher.ts";
import { startHark } from "../support/hark.ts";
import { bodyOf, EMAIL, emailTo, furnish, SMS, textTo } from "./support.ts";

Deno.test("a provider that hangs holds up neither its own accepts nor the other channel", async () => {
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  await using hark = await startHark({
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
  const service = await furnish(hark);
  const texts = await Promise.all(
    Array.from(
      { length: 4 * MAX_FIRST_ATTEMPTS },
      () => hark.as(service.keys.live, "POST", SMS, textTo(service)),
    ),
  );
  for (const text of texts) await bodyOf(text, 201);
  const sent = await bodyOf(await hark.as(service.keys.live, "POST", EMAIL, emailTo(service)), 201);
  // Each turn gives the e-mail's own attempt its time; the texts hang as long as the gate is shut.
  let status = "created";
  while (status !== "delivered") {
    const path = `/v2/notifications/${sent.id}`;
    ({ status } = await bodyOf(await hark.as(service.keys.live, "GET", path), 200));
  }
  assert.ok(calls >= MAX_FIRST_ATTEMPTS);
  gate.resolve();
});
