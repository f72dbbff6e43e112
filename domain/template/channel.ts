/** A channel that has templates. */
export type TemplateChannel = "sms" | "email" | "inbox" | "diia";
