/** A service in trial mode that fulfils the checklist of going live, but for the form. */
import assert from "node:assert/strict";
import type { TestApplication, TestService } from "../support/application.ts";
import { createClock } from "../../adapters/clock.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { GoLiveRequestId, ServiceId } from "../../domain/ids.ts";
import { newMember, openStores } from "./manage/team_support.ts";
import { bodyOf, callAt, EMAIL, SMS } from "./support.ts";

/** The form by which a team asks, as the management API has it. */
export const FORM = {
  volumes: { sms: 300, email: 2_000 },
  contact: "ann@dept.gov.example",
  accepts_terms: true,
} as const;

/** Creates a service in trial mode with templates, senders and two managers, and delivers a test on each channel. */
export async function newReadyService(
  hark: TestApplication,
  clock: Clock = createClock(),
): Promise<TestService> {
  const service = await hark.newService({
    mode: "trial",
    name: "Library",
    channels: ["sms", "email"],
    purpose: "Tells readers when their books are due",
  });
  const path = `/manage/services/${service.id}`;
  const post = async (list: string, body: unknown) =>
    await bodyOf(await hark.manage("POST", `${path}/${list}`, body), 201);
  const sms = await hark.newTemplate(service.id, {
    channel: "sms",
    name: "Book due",
    body: "Your book ((title)) is due tomorrow.",
  });
  const email = await hark.newTemplate(service.id, {
    channel: "email",
    name: "Book due",
    subject: "Your book is due",
    body: "Please bring ((title)) back by tomorrow.",
  });
  await post("sms_senders", { sms_sender: "LIBRARY" });
  await post("email_reply_to", { email_address: "replies@library.example", is_default: true });
  await newMember(hark, service.id, "ann@dept.gov.example", ["manage"]);
  await newMember(hark, service.id, "bob@dept.gov.example", ["manage"]);
  await bodyOf(
    await hark.manage("PUT", `${path}/guests`, {
      email_addresses: ["guest@example.com"],
      phone_numbers: ["07700 900123"],
    }),
    200,
  );
  const personalisation = { title: "Kobzar" };
  const { team } = service.keys;
  const text = { template_id: sms, phone_number: "07700 900123", personalisation };
  const letter = { template_id: email, email_address: "guest@example.com", personalisation };
  await bodyOf(await callAt(hark, clock, team, "POST", SMS, text), 201);
  await bodyOf(await callAt(hark, clock, team, "POST", EMAIL, letter), 201);
  await hark.settle();
  assert.ok((await hark.sent()).length >= 2);
  return service;
}

/** Stores a request of a service in trial mode that waits, whatever the service lacks, and returns its id. */
export async function putRequest(
  hark: Pick<TestApplication, "db">,
  serviceId: string,
): Promise<GoLiveRequestId> {
  const { goLive } = await openStores(hark);
  const id = crypto.randomUUID() as GoLiveRequestId;
  const service = serviceId as ServiceId;
  const asked = await goLive.ask(
    { id, serviceId: service, volumes: { sms: 1 }, contact: FORM.contact, acceptsTerms: true },
    { service: [], mail: [] },
    { chain: service, actor: { kind: "system" }, action: "go-live-asked", subject: id },
    Date.now(),
  );
  assert.equal(asked.kind, "asked");
  return id;
}
