import assert from "node:assert/strict";
import { presentEvent } from "../../../domain/events/event_payload.ts";
import {
  EVENT_TYPES,
  type ServiceEvent,
  STATUSES_IN_PROGRESS,
} from "../../../domain/events/service_event.ts";
import { EVENTS } from "../../../adapters/libsql/schema/events.ts";
import type { KeyId, NotificationId, ServiceId, TemplateId } from "../../../domain/ids.ts";
import type { StoredNotification } from "../../../domain/notification/notification.ts";
import { COMPLETED_STATUSES } from "../../../domain/notification/status.ts";

const AT = Date.UTC(2031, 4, 14, 12);
const SERVICE = "5a0d1b2c-0000-4000-8000-000000000001" as ServiceId;
const ID = "0196cf2a-0000-7000-8000-000000000002" as NotificationId;

const NOTIFICATION: StoredNotification = {
  serviceId: SERVICE,
  id: ID,
  channel: "email",
  keyKind: "live",
  keyId: "0196cf2a-0000-7000-8000-000000000003" as KeyId,
  templateId: "0196cf2a-0000-7000-8000-000000000004" as TemplateId,
  templateVersion: 3,
  reference: "case 7",
  sender: "library@example.com",
  fragments: null,
  international: false,
  createdAt: AT - 2_000,
  personal: {
    to: "Ann@example.com",
    recipient: "ann@example.com",
    personalisation: {},
    subject: "Hello",
    body: "Hello",
    oneClickUnsubscribeUrl: null,
  },
  status: "permanent-failure",
  statusAt: AT + 60_000,
  sentAt: AT - 1_000,
  completedAt: AT + 60_000,
  provider: "post",
  complainedAt: null,
  acknowledgedAt: null,
};

const DELIVERED: ServiceEvent = {
  serviceId: SERVICE,
  sequence: 17,
  type: "delivered",
  at: AT,
  notificationId: ID,
  keyKind: "live",
  status: "delivered",
  notification: NOTIFICATION,
};

Deno.test("presentEvent: has the status and the end as they were at the event, after a correction", () => {
  assert.deepEqual(presentEvent(DELIVERED), {
    sequence: 17,
    id: "evt_0196cf2a000070008000000000000002_17",
    type: "notification.delivered",
    created_at: "2031-05-14T12:00:00.000000Z",
    data: {
      id: ID,
      reference: "case 7",
      to: "Ann@example.com",
      status: "delivered",
      created_at: "2031-05-14T11:59:58.000000Z",
      completed_at: "2031-05-14T12:00:00.000000Z",
      sent_at: "2031-05-14T11:59:59.000000Z",
      notification_type: "email",
      template_id: NOTIFICATION.templateId,
      template_version: 3,
    },
  });
});

Deno.test("presentEvent: has the facts that are known of a notification that was deleted", () => {
  assert.deepEqual(presentEvent({ ...DELIVERED, notification: undefined }).data, {
    id: ID,
    reference: null,
    to: null,
    status: "delivered",
    created_at: null,
    completed_at: "2031-05-14T12:00:00.000000Z",
    sent_at: null,
    notification_type: null,
    template_id: null,
    template_version: null,
  });
});

Deno.test("presentEvent: has the data of a complaint callback for a complaint", () => {
  const event = presentEvent({ ...DELIVERED, type: "complaint" });
  assert.equal(event.type, "notification.complaint");
  assert.deepEqual(event.data, {
    notification_id: ID,
    complaint_id: ID,
    reference: "case 7",
    to: "Ann@example.com",
    complaint_date: "2031-05-14T12:00:00.000000Z",
  });
});

Deno.test("presentEvent: completed_at is never after the event, and null while the notification is under way", () => {
  const completed = (event: Partial<ServiceEvent>) =>
    presentEvent({ ...DELIVERED, ...event }).data.completed_at;
  const notification = { ...NOTIFICATION, completedAt: AT - 500 };
  assert.equal(completed({ type: "acknowledged", notification }), "2031-05-14T11:59:59.500000Z");
  assert.equal(completed({ type: "acknowledged" }), "2031-05-14T12:00:00.000000Z");
  assert.equal(completed({ type: "created", status: "created" }), null);
});

Deno.test("EVENT_TYPES: has a type for every status, and the migration leaves out those in progress", () => {
  assert.deepEqual(
    [...STATUSES_IN_PROGRESS, ...COMPLETED_STATUSES, "acknowledged", "complaint"].toSorted(),
    [...EVENT_TYPES].toSorted(),
  );
  const inProgress = `(${STATUSES_IN_PROGRESS.map((status) => `'${status}'`).join(", ")})`;
  assert.ok(EVENTS.statements.some((sql) => sql.includes(`NEW.status NOT IN ${inProgress}`)));
});
