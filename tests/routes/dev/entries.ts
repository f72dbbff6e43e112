import { type NotificationId, parseNotificationId } from "../../../domain/ids.ts";
import type { MailboxEntry } from "../../../domain/ports/mailbox.ts";

function notificationId(text: string): NotificationId {
  const id = parseNotificationId(text);
  if (id === undefined) throw new TypeError(`not a UUID: ${text}`);
  return id;
}

const COMMON = {
  notification_id: notificationId("0199e7a4-5b6c-7d8e-9f01-23456789abcd"),
  sent_at: "2026-11-22T07:30:00.000Z",
  headers: {},
} as const;

/** A text message in a mailbox; `fields` overrides its fields. */
export function smsEntry(fields: Partial<MailboxEntry> = {}): MailboxEntry {
  return {
    ...COMMON,
    id: "sms-1",
    channel: "sms",
    to: "447700900123",
    from: "PASSPORTS",
    subject: null,
    text: "Passport Office: your passport is ready.",
    html: null,
    ...fields,
  };
}

/** An e-mail in a mailbox; `fields` overrides its fields. */
export function emailEntry(fields: Partial<MailboxEntry> = {}): MailboxEntry {
  return {
    ...COMMON,
    id: "email-1",
    channel: "email",
    to: "ann@example.test",
    from: '"Passport Office" <passports@hark.test>',
    subject: "Your passport",
    text: "It is ready.\n\nhttps://hark.test/collect",
    html: "<!DOCTYPE html><html lang=en><title>Your passport</title><h1>It is ready</h1></html>",
    headers: { "Reply-To": "help@hark.test" },
    ...fields,
  };
}

/** Markup that would show if any value were put into the page as it is. */
export const HOSTILE = `"'></title></script><script>alert(1)</script><img src=x onerror=alert(1)>`;

/** Messages whose every value is {@link HOSTILE}. */
export function hostileEntries(): readonly MailboxEntry[] {
  const fields = { to: HOSTILE, from: HOSTILE, text: `${HOSTILE} javascript:alert(1)` };
  return [
    smsEntry({ ...fields, id: `sms${HOSTILE}` }),
    emailEntry({
      ...fields,
      id: `email${HOSTILE}`,
      subject: HOSTILE,
      headers: { [HOSTILE]: HOSTILE },
      html: `<h1>Hostile</h1>${HOSTILE}`,
    }),
  ];
}
