/** Proofs of reply-to addresses, and today's limits, through the management API. */
import assert from "node:assert/strict";
import { MAIL_LIMITS, REPLY_TO_LIMIT } from "../../../domain/accounts/limits.ts";
import { startTestApplication } from "../../support/application.ts";
import { openClient } from "../../support/web_client.ts";
import {
  bodyOf,
  callAt,
  DAY,
  movableClock,
  newServiceWithTemplates,
  SMS,
  textTo,
} from "../support.ts";

Deno.test("POST …/email_reply_to/proofs: the address is a reply-to address once its link was followed, for a day", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const { id } = await hark.newService();
  const path = `/manage/services/${id}/email_reply_to`;
  const ask = async (email_address: string) =>
    await hark.manage("POST", `${path}/proofs`, { email_address });
  const sent = await bodyOf(await ask("replies@library.example"), 202);
  assert.equal(sent.expires_at, new Date(clock.now() + DAY).toISOString());
  await hark.settle();
  const linkTo = async (address: string) => {
    const mail = (await hark.sent()).find(({ to }) => to === address);
    return /(\/reply-to\/[\w-]+)/.exec(mail?.text ?? "")?.[1] ?? "";
  };
  const owner = openClient(hark);
  await owner.post(await linkTo("replies@library.example"), {});
  const listed = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual(listed.email_reply_to.map((each: { id: string }) => each.id), [sent.id]);
  assert.equal((await ask("replies@library.example")).status, 409);
  await bodyOf(await ask("late@library.example"), 202);
  await hark.settle();
  clock.advance(DAY);
  assert.equal((await owner.get(await linkTo("late@library.example"))).status, 410);
});

Deno.test("POST …/email_reply_to/proofs: as many a day as the service may, and as many messages as an address may get", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const { id } = await hark.newService();
  const ask = (email_address: string) =>
    hark.manage("POST", `/manage/services/${id}/email_reply_to/proofs`, { email_address });
  for (let i = 0; i < REPLY_TO_LIMIT.most; i++) {
    await bodyOf(await ask("replies@library.example"), 202);
  }
  const limited = await ask("other@library.example");
  assert.equal(limited.status, 429);
  assert.ok(Number(limited.headers.get("retry-after")) > 0);
  await hark.settle();
  const mails = (await hark.sent()).filter(({ to }) => to === "replies@library.example");
  assert.equal(mails.length, MAIL_LIMITS.address[0].most);
  clock.advance(DAY);
  await bodyOf(await ask("other@library.example"), 202);
});

Deno.test("GET …/limits: the limits of the service's channels, with what today's messages use", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark, { daily_limits: { sms: 9 } });
  await bodyOf(
    await callAt(hark, clock, service.keys.live, "POST", SMS, textTo(service)),
    201,
  );
  const path = `/manage/services/${service.id}/limits`;
  const { limits, ends_at } = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual(limits.sms, { limit: 9, used: 1 });
  assert.deepEqual(limits.international_sms, { limit: 100, used: 0 });
  assert.equal(ends_at, new Date(Math.ceil(clock.now() / DAY) * DAY).toISOString());
  clock.advance(DAY);
  const tomorrow = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual(tomorrow.limits.sms, { limit: 9, used: 0 });
});
