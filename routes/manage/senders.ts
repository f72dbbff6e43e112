import type { Hono } from "hono";
import * as z from "zod/mini";
import { parseSenderId, type SenderId } from "../../domain/ids.ts";
import { MAX_SENDERS, type Sender } from "../../domain/service/sender.ts";
import type { Channel } from "../../domain/service/service.ts";
import { type AppContext, type AppEnv } from "../http/context.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { withBody, withService } from "./request.ts";
import { emailAddress, smsSender } from "./schemas.ts";

/** What a body says of a sender; what is `undefined` it does not say. */
interface SenderFields {
  readonly value: string | undefined;
  readonly isDefault: boolean | undefined;
}

/** One kind of sender as the addresses and bodies have it. */
interface SenderKind {
  readonly channel: Channel;
  /** The last part of the address, and the name of the list. */
  readonly path: string;
  /** What the value is called in bodies. */
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

/** Adds a service's reply-to addresses and senders of texts. */
export function addSenderRoutes(app: Hono<AppEnv>, ports: ManagePorts): void {
  for (const kind of [REPLY_TO, SMS_SENDER]) addKind(app, ports, kind);
}

function addKind(app: Hono<AppEnv>, { clock, store }: ManagePorts, kind: SenderKind): void {
  const { channel, path, field, noun } = kind;
  const taken = (c: AppContext) =>
    problem(c, 409, `The service has this ${noun} already`, [{
      field,
      message: "is there already",
    }]);
  const present = (sender: Sender) => ({
    id: sender.id,
    [field]: sender.value,
    is_default: sender.isDefault,
    created_at: new Date(sender.createdAt).toISOString(),
    updated_at: new Date(sender.updatedAt).toISOString(),
  });

  /** Hands on the id of the address, when it is one of this kind. */
  const withSender = (
    c: AppContext,
    handle: (ids: {
      readonly serviceId: Parameters<typeof store.listSenders>[0];
      readonly id: SenderId;
    }) => Promise<Response>,
  ) =>
    withService(c, store, async (service) => {
      const id = parseSenderId(c.req.param("sender_id"));
      const senders = id === undefined ? [] : await store.listSenders(service.id, channel);
      return id === undefined || !senders.some((sender) => sender.id === id)
        ? problem(c, 404, `The service has no such ${noun}`)
        : await handle({ serviceId: service.id, id });
    });

  app.get(`/manage/services/:service_id/${path}`, (c) =>
    withService(c, store, async (service) => {
      const senders = await store.listSenders(service.id, channel);
      return c.json({ [path]: senders.map(present) });
    }));

  app.post(
    `/manage/services/:service_id/${path}`,
    (c) =>
      withService(
        c,
        store,
        (service) =>
          withBody(c, kind.added, async ({ value, isDefault = false }) => {
            const id = clock.newId() as SenderId;
            const sender = await store.createSender(
              service.id,
              { id, channel, value, isDefault },
              clock.now(),
            );
            if (sender === undefined) return problem(c, 404, "There is no such service");
            if (sender === "taken") return taken(c);
            return sender === "full"
              ? problem(c, 409, `The service has ${MAX_SENDERS} of these, as many as it may have`)
              : c.json(present(sender), 201);
          }),
      ),
  );

  app.patch(
    `/manage/services/:service_id/${path}/:sender_id`,
    (c) =>
      withSender(
        c,
        ({ serviceId, id }) =>
          withBody(c, kind.changed, async ({ value, isDefault }) => {
            const sender = await store.updateSender(serviceId, id, {
              ...(value === undefined ? {} : { value }),
              ...(isDefault === undefined ? {} : { isDefault }),
            }, clock.now());
            if (sender === undefined) return problem(c, 404, `The service has no such ${noun}`);
            return sender === "taken" ? taken(c) : c.json(present(sender));
          }),
      ),
  );

  app.delete(
    `/manage/services/:service_id/${path}/:sender_id`,
    (c) =>
      withSender(c, async ({ serviceId, id }) => {
        await store.deleteSender(serviceId, id, clock.now());
        return c.body(null, 204);
      }),
  );
}
