/** For how long services keep what they send and receive, as SQL. */
import { DEFAULT_SETTINGS } from "../../../domain/service/service.ts";

/** The retention periods of a service that has not set them. */
const DEFAULT_DAYS = JSON.stringify(DEFAULT_SETTINGS.retention_days);

/** SQL: for how many days a service `s` keeps the notifications of each channel, as a JSON object. */
export const RETENTION_DAYS =
  `json_patch('${DEFAULT_DAYS}', coalesce(s.settings->'retention_days', '{}'))`;

/** SQL: from when on a notification `n` is kept for its service's days. */
export const RETENTION_BEGINS =
  "coalesce(n.completed_at, n.sent_at, n.scheduled_for, n.created_at)";

/** SQL: for how many days a service `s` keeps text messages, sent or received. */
export const RETENTION_DAYS_OF_SMS =
  `coalesce(s.settings->>'$.retention_days.sms', ${DEFAULT_SETTINGS.retention_days.sms})`;
