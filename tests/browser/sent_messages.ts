/** Messages of a service in development, for the pages that show what became of them. */
import assert from "node:assert/strict";
import { issueRequestToken } from "../support/application.ts";

/** What {@link sendMessages} has made, by ids. */
export interface SentMessages {
  readonly sms: string;
  readonly email: string;
  /** A text whose content a test may delete. */
  readonly ended: string;
  /** A text that waits for tomorrow. */
  readonly scheduled: string;
  readonly suppression: string;
}

/** Who sends, and as which service. */
export interface DevelopmentService {
  readonly url: string;
  readonly adminToken: string;
  readonly serviceId: string;
}

const DAY_MS = 24 * 60 * 60_000;

/** Sends a text, an e-mail and a text for tomorrow, receives a reply, uploads a list, and suppresses a recipient. */
export async function sendMessages(
  { url, adminToken, serviceId }: DevelopmentService,
): Promise<SentMessages> {
  const call = async (
    token: string,
    path: string,
    body: BodyInit | Record<string, unknown>,
    type = "application/json",
  ) => {
    const answer = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { "Authorization": `Bearer ${token}`, "Content-Type": type },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const value = await answer.json();
    assert.ok(answer.ok, `${path}: ${JSON.stringify(value)}`);
    return value;
  };
  const manage = `/manage/services/${serviceId}`;
  const template = async (channel: string, more: Record<string, unknown>) =>
    (await call(adminToken, `${manage}/templates`, { channel, ...more })).id;
  const text = await template("sms", { name: "Reminder", body: "Hello ((name)), come tomorrow" });
  const letter = await template("email", {
    name: "Letter",
    subject: "About your tax",
    body: "# Your tax\n\nHello ((name)), it is due.\n\n* one\n* two",
  });
  const made = await call(adminToken, `${manage}/keys`, {
    name: `messages ${crypto.randomUUID()}`,
    kind: "team",
  });
  const key = await issueRequestToken(made.key);
  const toText = {
    phone_number: "07700 900123",
    template_id: text,
    personalisation: { name: "Olha" },
    reference: "case 7",
  };
  await call(adminToken, `${manage}/inbound_numbers`, { number: "+447700900999" });
  const path = "/v2/notifications";
  const guests = { phone_numbers: ["07700 900123"], email_addresses: ["olha@example.org"] };
  const set = await fetch(`${url}${manage}/guests`, {
    method: "PUT",
    headers: { "Authorization": `Bearer ${adminToken}`, "Content-Type": "application/json" },
    body: JSON.stringify(guests),
  });
  await set.body?.cancel();
  const sms = await call(key, `${path}/sms`, toText);
  const email = await call(key, `${path}/email`, {
    email_address: "olha@example.org",
    template_id: letter,
    personalisation: { name: "Olha" },
  });
  const ended = await call(key, `${path}/sms`, toText);
  const scheduled = await call(key, `${path}/sms`, {
    ...toText,
    scheduled_for: new Date(Date.now() + DAY_MS).toISOString(),
  });
  const list = new URLSearchParams({
    template_id: text,
    name: "October",
    file_name: "october.csv",
  });
  await call(
    adminToken,
    `${manage}/jobs?${list}`,
    "phone number,name\n07700900123,Ann\n",
    "text/csv",
  );
  await call(adminToken, "/inbound/sandbox", {
    from: "+447700900123",
    to: "+447700900999",
    message: "Can I come later?",
  });
  const suppression = await call(adminToken, `${manage}/suppressions`, {
    channel: "email",
    recipient: "bob@example.org",
    reason: "Moved away",
  });
  return {
    sms: sms.id,
    email: email.id,
    ended: ended.id,
    scheduled: scheduled.id,
    suppression: suppression.id,
  };
}
