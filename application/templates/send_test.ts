/** Sends a template to the person who wrote it. */
import type { User } from "../../domain/accounts/account.ts";
import type { NotificationRef, ServiceId, TemplateId } from "../../domain/ids.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ACCESS_TOKEN_KEY } from "../../domain/service/no_key.ts";
import { deriveIdempotency } from "../sending/idempotency.ts";
import type { SendBatch } from "../sending/send_batch.ts";

/** A test of a template. Log neither the person's addresses nor the values. */
export interface TemplateTest {
  readonly serviceId: ServiceId;
  readonly templateId: TemplateId;
  /** The person who gets it, at the proved address or number. */
  readonly user: User;
  readonly values: Readonly<Record<string, string>>;
  /** The form's single-use token: a form that is sent twice sends one message. */
  readonly token: string;
}

/** Why a test was not sent. */
export type TestRefusal = Refusal | { readonly kind: "no-number" };

/**
 * Sends a template to the person's own proved e-mail address or mobile number, as a message of the service: limits count
 * it, and opting out is respected. It resolves when the message is accepted.
 */
export type SendTest = (
  test: TemplateTest,
  waitUntil: (work: Promise<unknown>) => void,
) => Promise<Result<NotificationRef, TestRefusal>>;

/** Returns the recipient of tests on a channel; `undefined` when the person has none. */
export function testRecipientOf(user: User, channel: string): string | undefined {
  if (channel === "email") return user.emailAddress;
  return channel === "sms" ? user.mobileNumber : undefined;
}

/** Creates the use case of sending a test. */
export function createSendTest(
  { contexts, sendBatch }: {
    readonly contexts: Pick<SendingContexts, "load">;
    readonly sendBatch: Pick<SendBatch, "send">;
  },
): SendTest {
  return async ({ serviceId, templateId, user, values, token }, waitUntil) => {
    const template = { by: "id", id: templateId } as const;
    const idempotency = await deriveIdempotency(token, "test", [user.id, templateId]);
    let hasNumber = true;
    const load = async () => {
      const context = await contexts.load(serviceId, { fresh: true, template });
      if (context?.template === undefined) return undefined;
      const { channel } = context.template;
      const to = testRecipientOf(user, channel);
      hasNumber = to !== undefined;
      if (to === undefined) return undefined;
      const request = {
        channel,
        to,
        template,
        personalisation: values,
        reference: null,
        senderId: null,
        oneClickUnsubscribeUrl: null,
        sanitise: [],
      };
      return { context, items: [{ template: context.template, request, idempotency }] };
    };
    const [result] = await sendBatch.send(ACCESS_TOKEN_KEY, load, waitUntil);
    if (!hasNumber) return refuse({ kind: "no-number" });
    if (result === undefined) return refuse({ kind: "template-not-found" });
    return result.ok ? ok({ serviceId, notificationId: result.value.id }) : result;
  };
}
