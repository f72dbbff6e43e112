import type { Channel } from "../service/service.ts";

/** The name of a daily limit of a service: one for each channel, and one for text messages to other countries. */
export type DailyCounter = Channel | "international_sms";
