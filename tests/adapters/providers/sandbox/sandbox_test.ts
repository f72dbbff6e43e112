import type { MailboxEntry } from "../../../../domain/ports/mailbox.ts";
import assert from "node:assert/strict";
import { createMailbox, MAILBOX_LIMIT } from "../../../../adapters/providers/sandbox/mailbox.ts";
import { createSandbox } from "../../../../adapters/providers/sandbox/sandbox.ts";
import type { OutgoingEmail, OutgoingSms } from "../../../../domain/delivery/outgoing_message.ts";
import type { ReceiptKind } from "../../../../domain/delivery/receipt.ts";
import { CALM, email, push, REF, sms } from "../messages.ts";

const NOW = Date.UTC(2026, 10, 22, 7, 30);

function dependencies() {
  let count = 0;
  return { now: () => NOW, newId: () => `id-${++count}` };
}

Deno.test("createSandbox.send: reports the recipient's simulated outcome at once", async () => {
  const cases: readonly (readonly [OutgoingSms | OutgoingEmail, ReceiptKind])[] = [
    [sms(), "delivered"],
    [sms({ to: "447700900003" }), "temporary-failure"],
    [sms({ to: "447700900002" }), "permanent-failure"],
    [email(), "delivered"],
    [email({ to: "temp-fail@simulator.notify" }), "temporary-failure"],
    [email({ to: "perm-fail@simulator.notify" }), "permanent-failure"],
  ];
  for (const [message, kind] of cases) {
    const outcome = await createSandbox(message.channel, dependencies()).send(message, CALM);
    assert.deepEqual(outcome, {
      kind: "accepted",
      providerMessageId: "id-1",
      receipts: [{
        provider: "sandbox",
        providerMessageId: "id-1",
        ref: REF,
        kind,
        code: undefined,
        at: NOW,
        dedupeKey: `id-1:${kind}`,
      }],
    });
  }
});

Deno.test("createSandbox.send: adds messages to the mailbox, newest first", async () => {
  const mailbox = createMailbox();
  const shared = { ...dependencies(), mailbox };
  await createSandbox("sms", shared).send(sms(), CALM);
  const headers = { "List-Unsubscribe": "<https://hark.test/u/1>" };
  await createSandbox("email", shared).send(email({ replyTo: "help@hark.test", headers }), CALM);
  const common = { notification_id: REF.notificationId, sent_at: "2026-11-22T07:30:00.000Z" };
  assert.deepEqual(mailbox.list(), [
    {
      ...common,
      id: "id-2",
      channel: "email",
      to: "ann@example.test",
      from: '"Passport Office" <passports@hark.test>',
      subject: "Your passport",
      text: "It is ready.",
      html: "<p>It is ready.</p>",
      headers: { "Reply-To": "help@hark.test", ...headers },
    },
    {
      ...common,
      id: "id-1",
      channel: "sms",
      to: "447700900123",
      from: "PASSPORTS",
      subject: null,
      text: "Ваш запит готовий. £5 & more",
      html: null,
      headers: {},
    },
  ]);
  assert.equal(mailbox.get("id-1")?.channel, "sms");
  assert.equal(mailbox.get("id-9"), undefined);
});

Deno.test("createSandbox.send: throws for a message of another channel", async () => {
  await assert.rejects(() => createSandbox("sms", dependencies()).send(email(), CALM), TypeError);
});

Deno.test("createMailbox: evicts the oldest message when it is full, and its lists are snapshots", () => {
  const entry = (id: string): MailboxEntry => ({
    id,
    channel: "sms",
    to: "447700900123",
    from: "PASSPORTS",
    subject: null,
    text: "",
    html: null,
    headers: {},
    notification_id: REF.notificationId,
    sent_at: new Date(NOW).toISOString(),
  });
  const mailbox = createMailbox();
  for (let i = 1; i <= MAILBOX_LIMIT + 2; i++) mailbox.add(entry(String(i)));
  const before = mailbox.list();
  mailbox.add(entry("last"));
  assert.equal(before.length, MAILBOX_LIMIT);
  assert.deepEqual([before[0]?.id, before.at(-1)?.id], ["502", "3"]);
  assert.equal(mailbox.list()[0]?.id, "last");
  assert.equal(mailbox.get("3"), undefined);
});

Deno.test("createSandbox.send: keeps the sender that the API names, and an inbox message as text", async () => {
  const mailbox = createMailbox();
  const shared = { ...dependencies(), mailbox };
  await createSandbox("sms", shared).send(sms({ from: "TAX", sender: "TAX" }), CALM);
  await createSandbox("diia", shared).send(push(), CALM);
  await createSandbox("inbox", shared).send({
    channel: "inbox",
    ref: REF,
    to: "citizen-1",
    sender: "Library",
    subject: "Due",
    body: "Dear Ann &lt;A&gt;,<br><br>bring it back.",
    localised: {},
  }, CALM);
  const [inbox, diia, text] = mailbox.list();
  assert.deepEqual([inbox?.from, diia?.from, text?.from], ["Library", "Passport Office", "TAX"]);
  assert.equal(inbox?.text, "Dear Ann <A>,\n\nbring it back.");
});
