import type { Channel } from "../service/service.ts";

/** A daily limit: one a channel, and one for text messages to other countries. */
export type DailyCounter = Channel | "international_sms";
