import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import {
  createSenders,
  type SenderRefusal,
  type SenderScope,
} from "../../application/services/manage_senders.ts";
import type { SenderId } from "../../domain/ids.ts";
import { MAX_SENDERS, type Sender } from "../../domain/service/sender.ts";
import type { Channel } from "../../domain/service/service.ts";
import { describe, NO_CONTENT } from "../http/openapi.ts";
import { loadService, senderId, type ServiceEnv, serviceId } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { emailAddress, smsSender } from "./schemas.ts";
import { jsonBody } from "./validation.ts";

/** The fields of a sender in a body; an absent field is `undefined`. */
interface SenderFields {
  readonly value: string | undefined;
  readonly isDefault: boolean | undefined;
}

/** A kind of sender. */
interface SenderKind {
  readonly channel: Channel;
  /** The last segment of the path, and the name of the list in answers. */
  readonly path: string;
  /** The name of the value in bodies. */
  readonly field: string;
  readonly noun: string;
  readonly added: z.ZodMiniType<SenderFields & { readonly value: string }>;
  readonly changed: z.ZodMiniType<SenderFields>;
}

const is_default = z.optional(z.boolean());

const REPLY_TO: SenderKind = {
  channel: "email",
  path: "email_reply_to",
  field: "email_address",
  noun: "reply-to address",
  added: z.pipe(
    z.strictObject({ email_address: emailAddress, is_default }),
    z.transform((body) => ({ value: body.email_address, isDefault: body.is_default })),
  ),
  changed: z.pipe(
    z.strictObject({ email_address: z.optional(emailAddress), is_default }),
    z.transform((body) => ({ value: body.email_address, isDefault: body.is_default })),
  ),
};

const SMS_SENDER: SenderKind = {
  channel: "sms",
  path: "sms_senders",
  field: "sms_sender",
  noun: "sender of texts",
  added: z.pipe(
    z.strictObject({ sms_sender: smsSender, is_default }),
    z.transform((body) => ({ value: body.sms_sender, isDefault: body.is_default })),
  ),
  changed: z.pipe(
    z.strictObject({ sms_sender: z.optional(smsSender), is_default }),
    z.transform((body) => ({ value: body.sms_sender, isDefault: body.is_default })),
  ),
};

/** The kinds of senders that a service has lists of: reply-to addresses of e-mails, and senders of text messages. */
export const SENDER_KINDS: readonly SenderKind[] = [REPLY_TO, SMS_SENDER];

/**
 * Creates the routes of a service's senders of one kind (reply-to addresses or senders of text messages): list, add,
 * change and delete.
 */
export function createSenderRoutes({ clock, store }: ManagePorts, kind: SenderKind) {
  const { channel, path, field, noun } = kind;
  const noSender = `The service has no such ${noun}`;
  const isDuplicate = `The service has this ${noun} already`;
  const sender = senderId(noSender);
  const present = (sender: Sender) => ({
    id: sender.id,
    [field]: sender.value,
    is_default: sender.isDefault,
    created_at: new Date(sender.createdAt).toISOString(),
    updated_at: new Date(sender.updatedAt).toISOString(),
  });
  const senders = createSenders({ clock, store });
  const scopeOf = ({ var: { service, access } }: Context<ServiceEnv>): SenderScope => ({
    serviceId: service.id,
    channel,
    actor: access.actor,
  });
  function answerRefusal(c: Context, refusal: SenderRefusal): Response {
    switch (refusal.kind) {
      case "service-not-found":
        return problem(c, 404, "There is no such service");
      case "not-found":
        return problem(c, 404, noSender);
      case "taken":
        return problem(c, 409, isDuplicate, [{ field, message: "is there already" }]);
      case "full":
        return problem(c, 409, `The service has ${MAX_SENDERS} of these, the maximum`);
    }
  }

  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store))
    .get("/", describe(`List each ${noun}`, { 200: "The list" }), async (c) => {
      const listed = await store.listSenders(c.var.service.id, channel);
      return c.json({ [path]: listed.map(present) });
    })
    .post(
      "/",
      describe(`Add a ${noun}`, {
        201: `The ${noun}`,
        409: `${isDuplicate}, or has ${MAX_SENDERS}, the most it may have`,
      }),
      jsonBody(kind.added),
      async (c) => {
        const { value, isDefault = false } = c.req.valid("json");
        const id = clock.newId() as SenderId;
        const added = await senders.add(scopeOf(c), { id, value, isDefault });
        return added.ok ? c.json(present(added.value), 201) : answerRefusal(c, added.refusal);
      },
    )
    .patch(
      "/:sender_id",
      describe(`Change a ${noun}. Absent fields stay as they are`, {
        200: `The ${noun}`,
        409: isDuplicate,
      }),
      sender,
      jsonBody(kind.changed),
      async (c) => {
        const { value, isDefault } = c.req.valid("json");
        const { sender_id } = c.req.valid("param");
        const changed = await senders.change(scopeOf(c), sender_id, { value, isDefault });
        return changed.ok ? c.json(present(changed.value)) : answerRefusal(c, changed.refusal);
      },
    )
    .delete(
      "/:sender_id",
      describe(`Delete a ${noun}. Accepted messages keep it`, { 204: NO_CONTENT }),
      sender,
      async (c) => {
        const { sender_id } = c.req.valid("param");
        const removed = await senders.remove(scopeOf(c), sender_id);
        return removed.ok ? c.body(null, 204) : answerRefusal(c, removed.refusal);
      },
    );
}
