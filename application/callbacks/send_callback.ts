/** Sends one callback: the headers of GOV.UK Notify's, and those of Standard Webhooks. */
import { type CallbackSecrets, signingSecrets } from "../../domain/callbacks/callback.ts";
import type { CallResult } from "../../domain/callbacks/callback_result.ts";
import { SECOND_MS } from "../../domain/time/durations.ts";
import type { CallEndpoint } from "../../domain/ports/callback_caller.ts";
import type { CallbackSigner } from "../../domain/ports/callback_signer.ts";

/** What is sent. */
export interface CallbackMessage {
  /** The same for every try, so that the consumer can skip what it has processed. */
  readonly id: string;
  /** The number by which the consumer can order callbacks; absent for a test call. */
  readonly number?: number;
  /** JSON. */
  readonly body: string;
  /** When the event happened, epoch milliseconds; absent where it is not known. */
  readonly at?: number;
}

/** Dependencies of {@link createCallbackSender}. */
export interface CallbackSenderPorts {
  readonly call: CallEndpoint;
  readonly signer: Pick<CallbackSigner, "sign">;
  readonly clock: { now(): number };
}

/** Sends a message once to where the secrets say. Never rejects. */
export type SendCallback = (
  secrets: CallbackSecrets,
  message: CallbackMessage,
) => Promise<CallResult>;

/** Creates the function that sends callbacks. */
export function createCallbackSender(
  { call, signer, clock }: CallbackSenderPorts,
): SendCallback {
  return async (secrets, { body, id, number }) => {
    const now = clock.now();
    return await call({
      url: secrets.url,
      body,
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${secrets.bearerToken}`,
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(now / SECOND_MS)),
        "webhook-signature": signer.sign(signingSecrets(secrets, now), id, now, body),
        ...(number === undefined ? {} : { "hark-sequence": String(number) }),
      },
    });
  };
}
