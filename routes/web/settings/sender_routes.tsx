import type { Hono } from "hono";
import { createSenders, type SenderRefusal } from "../../../application/services/manage_senders.ts";
import type { ProofRefusal } from "../../../application/accounts/reply_to_proofs.ts";
import { parseSenderId, type SenderId } from "../../../domain/ids.ts";
import { SMS_SENDER } from "../../../domain/service/setting_rules.ts";
import { actorOf, serviceOf, type WebContext, type WebEnv } from "../context.ts";
import { type Form, readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import type { Texts } from "../texts/texts.ts";
import { TICKED } from "./sections.ts";
import { SENDER_FIELDS, type SenderChannel } from "./senders.tsx";

/** A new sender as typed, and what is wrong with it. */
export interface TypedSender {
  readonly channel: SenderChannel;
  readonly value: string;
  readonly message: string;
}

/** Shows the page of settings with a new sender that was refused. */
export type ShowSettings = (c: WebContext, sender: TypedSender) => Promise<Response>;

/** Adds the forms of senders of texts and reply-to addresses. */
export function addSenderForms(app: Hono<WebEnv>, ports: WebPorts, show: ShowSettings): void {
  const { accounts, clock, management: store } = ports;
  const senders = createSenders({ clock, store });

  app.post(PAGES.senders.path, async (c) => {
    const form = await readForm(c);
    const channel = form.text("channel");
    const id = parseSenderId(form.text("sender_id"));
    if (id === undefined || (channel !== "sms" && channel !== "email")) throw new PageError(403);
    const scope = { serviceId: serviceOf(c).id, channel, actor: actorOf(c) } as const;
    const action = form.text("action");
    if (action === "add") return await add(c, form, channel, id);
    if (action === "default") await senders.change(scope, id, { isDefault: true });
    else if (action === "remove") await senders.remove(scope, id);
    else throw new PageError(403);
    return c.redirect(toSenders(c, channel, "saved"), 303);
  });

  async function add(c: WebContext, form: Form, channel: SenderChannel, id: SenderId) {
    const field = SENDER_FIELDS[channel];
    const value = form.text(field).trim();
    const isDefault = form.text(`${field}_default`) === TICKED;
    const refusal =
      await (channel === "sms"
        ? addSender(c, id, value, isDefault)
        : prove(c, id, value, isDefault));
    if (refusal === undefined) {
      return c.redirect(toSenders(c, channel, channel === "sms" ? "saved" : "sent"), 303);
    }
    return await show(c, { channel, value, message: faultOf(refusal, channel, c.var.view.texts) });
  }

  async function addSender(c: WebContext, id: SenderId, value: string, isDefault: boolean) {
    if (!SMS_SENDER.test(value)) return "not-valid";
    const scope = { serviceId: serviceOf(c).id, channel: "sms", actor: actorOf(c) } as const;
    const added = await senders.add(scope, { id, value, isDefault });
    return added.ok ? undefined : added.refusal.kind;
  }

  async function prove(c: WebContext, id: SenderId, typed: string, isDefault: boolean) {
    const address = { id, typed, isDefault };
    const sent = await accounts.replyToProofs.start(
      actorOf(c),
      serviceOf(c),
      address,
      requestOf(c),
    );
    return sent.ok ? undefined : sent.refusal.kind;
  }
}

function toSenders(c: WebContext, channel: SenderChannel, query: "saved" | "sent"): string {
  const path = pathOf(PAGES.settings, { service_id: serviceOf(c).id });
  return `${path}?${query}=1#senders-${channel}`;
}

function faultOf(
  kind: SenderRefusal["kind"] | ProofRefusal["kind"],
  channel: SenderChannel,
  { settings: { senders } }: Texts,
): string {
  switch (kind) {
    case "not-valid":
      return senders[channel].notValid;
    case "taken":
      return senders.taken;
    case "full":
      return senders.full;
    case "too-many-proofs":
      return senders.tooMany;
    case "no-email-provider":
      return senders.noEmail;
    case "service-not-found":
    case "not-found":
      throw new PageError(404);
  }
}
