/** Many e-mails of a Worker whose calls are counted. */
import assert from "node:assert/strict";
import { ADMIN_TOKEN } from "../support/application.ts";
import { BINDINGS } from "./hark_worker.ts";
import type { LimitedWorker } from "./limited_worker.ts";
import { callAs, manage, newService, newTemplate } from "./services.ts";

const EMAIL = { channel: "email", name: "Letter", subject: "Hello", body: "Dear ((name))" };

/** Answers as Postmark does, when it may; counts the messages by their recipients. */
export function answerAsPostmark() {
  const sent = new Map<string, number>();
  let mayAnswer = Promise.resolve();
  function accept({ To }: { readonly To: string }) {
    sent.set(To, (sent.get(To) ?? 0) + 1);
    const SubmittedAt = new Date().toISOString();
    return { To, SubmittedAt, MessageID: crypto.randomUUID(), ErrorCode: 0, Message: "OK" };
  }
  return {
    sent,
    /** Answers nothing until `released` resolves. */
    holdUntil(released: Promise<void>): void {
      mayAnswer = released;
    },
    async answer(request: Request): Promise<Response> {
      const body = await request.json();
      await mayAnswer;
      return Response.json(Array.isArray(body) ? body.map(accept) : accept(body));
    },
  };
}

/** The variables of a Worker whose e-mails go to {@link answerAsPostmark}. */
export const POSTMARK = {
  ...BINDINGS,
  EMAIL_PROVIDER: "postmark",
  POSTMARK_SERVER_TOKEN: "server-token",
  POSTMARK_BASE_URL: "https://postmark.internal",
  POSTMARK_WEBHOOK_USER: "postmark",
  POSTMARK_WEBHOOK_PASSWORD: "a-long-password-of-webhooks",
};

/** A service with a template of e-mails. */
export interface Sender {
  readonly id: string;
  readonly key: string;
  readonly template_id: string;
}

/** Makes the service. */
export async function newSender({ reach }: LimitedWorker): Promise<Sender> {
  const { id, keys } = await newService(reach);
  return { id, key: keys.live, template_id: await newTemplate(reach, id, EMAIL) };
}

/** Accepts e-mails while their provider is paused, so that all of them are due when it works again. */
export async function acceptDue(
  { reach }: LimitedWorker,
  { key, template_id }: Sender,
  count: number,
): Promise<void> {
  const provider = "/manage/providers/postmark";
  assert.equal((await manage(reach, "PUT", provider, { paused: true })).status, 200);
  for (let from = 0; from < count; from += 1_000) {
    const items = Array.from({ length: Math.min(1_000, count - from) }, (_, index) => ({
      type: "email",
      template_id,
      email_address: `ann@n${from + index}.example.com`,
      personalisation: { name: "Ann" },
    }));
    const sent = await callAs(reach, key, "POST", "/v2/notifications/batch", {
      notifications: items,
    });
    const accepted: readonly { readonly id?: string }[] = sent.body.notifications;
    assert.ok(accepted.every(({ id }) => id !== undefined));
  }
  assert.equal((await manage(reach, "PUT", provider, { paused: false })).status, 200);
}

/** Uploads a list of addresses and names as the operator. */
export async function uploadList(
  { worker }: LimitedWorker,
  { id, template_id }: Sender,
  rows: readonly string[],
): Promise<void> {
  const uploaded = await worker.fetch(
    `/manage/services/${id}/jobs?template_id=${template_id}&name=list.csv`,
    {
      method: "POST",
      headers: { "Authorization": `Bearer ${ADMIN_TOKEN}`, "Content-Type": "text/csv" },
      body: ["email address,name", ...rows].join("\n"),
    },
  );
  assert.equal(uploaded.status, 201, await uploaded.text());
}
