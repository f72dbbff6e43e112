import * as z from "zod/mini";
import { parseNotificationId } from "../../domain/ids.ts";
import { id } from "./load.ts";
import { pathIds } from "./validation.ts";

/** The detail of 404 for a notification. */
export const NO_NOTIFICATION = "The service has no such notification";

/** A middleware that validates `notification_id` in the path. Answers 404 when it is not a UUID. */
export const notificationId = pathIds(
  z.looseObject({ notification_id: id(parseNotificationId) }),
  NO_NOTIFICATION,
);
