/** A channel that has templates: every channel that Hark sends on. */
export type TemplateChannel = "sms" | "email" | "inbox" | "diia";
