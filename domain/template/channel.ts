/**
 * A channel of templates, which is every channel of notifications. `inbox` is a person's list of messages in this
 * service, and `diia` is the app of the Ukrainian state.
 */
export type TemplateChannel = "sms" | "email" | "inbox" | "diia";
