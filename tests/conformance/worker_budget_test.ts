/** What an invocation of the Worker build may do: calls, connections and time, in a real workerd. */
import assert from "node:assert/strict";
import { waitFor } from "../support/process.ts";
import { WORKER_TEST } from "../support/workerd.ts";
import { BINDINGS } from "./hark_worker.ts";
import { type LimitedWorker, PLATFORM_CONNECTIONS, startLimitedWorker } from "./limited_worker.ts";
import { callAs, manage, newService, newTemplate } from "./services.ts";

const EMAIL = { channel: "email", name: "Letter", subject: "Hello", body: "Dear ((name))" };

/** Answers as Postmark does to a batch; counts the messages by their recipients. */
function postmark() {
  const sent = new Map<string, number>();
  return {
    sent,
    async answer(request: Request): Promise<Response> {
      const emails: readonly { readonly To: string }[] = await request.json();
      const SubmittedAt = new Date().toISOString();
      for (const { To } of emails) sent.set(To, (sent.get(To) ?? 0) + 1);
      return Response.json(emails.map(({ To }) => ({
        To,
        SubmittedAt,
        MessageID: crypto.randomUUID(),
        ErrorCode: 0,
        Message: "OK",
      })));
    },
  };
}

const POSTMARK = {
  ...BINDINGS,
  EMAIL_PROVIDER: "postmark",
  POSTMARK_SERVER_TOKEN: "server-token",
  POSTMARK_BASE_URL: "https://postmark.internal",
  POSTMARK_WEBHOOK_USER: "postmark",
  POSTMARK_WEBHOOK_PASSWORD: "a-long-password-of-webhooks",
};

/** Accepts e-mails while their provider is paused, so that all of them are due when it works again. */
async function acceptDue(limited: LimitedWorker, count: number): Promise<void> {
  const { reach } = limited;
  const { id, keys } = await newService(reach);
  const template_id = await newTemplate(reach, id, EMAIL);
  const provider = "/manage/providers/postmark";
  assert.equal((await manage(reach, "PUT", provider, { paused: true })).status, 200);
  for (let from = 0; from < count; from += 1_000) {
    const items = Array.from({ length: Math.min(1_000, count - from) }, (_, index) => ({
      type: "email",
      template_id,
      email_address: `ann@n${from + index}.example.com`,
      personalisation: { name: "Ann" },
    }));
    const sent = await callAs(reach, keys.live, "POST", "/v2/notifications/batch", {
      notifications: items,
    });
    const accepted: readonly { readonly id?: string }[] = sent.body.notifications;
    assert.ok(accepted.every(({ id }) => id !== undefined));
  }
  assert.equal((await manage(reach, "PUT", provider, { paused: false })).status, 200);
}

Deno.test(
  "the Worker: one cron sends 2,000 due e-mails with few calls of the database, six at a time",
  WORKER_TEST,
  async () => {
    const { sent, answer } = postmark();
    await using limited = await startLimitedWorker(POSTMARK, answer);
    await acceptDue(limited, 2_000);
    limited.resetCounts();
    const startedAt = performance.now();
    assert.equal((await limited.worker.scheduled()).outcome, "ok");
    const { database, others, mostOpen } = limited.counts();
    console.log({ database, others, mostOpen, ms: performance.now() - startedAt, sent: sent.size });
    assert.equal(sent.size, 2_000);
    assert.ok(database <= 60, `${database} calls of the database`);
    assert.ok(mostOpen <= PLATFORM_CONNECTIONS, `${mostOpen} open calls`);
  },
);
