/**
 * Sends one callback, with the headers of GOV.UK Notify's callbacks (bearer token) and of Standard Webhooks
 * (signature).
 */
import { type CallbackSecrets, signingSecrets } from "../../domain/callbacks/callback.ts";
import type { CallResult } from "../../domain/callbacks/callback_result.ts";
import { SECOND_MS } from "../../domain/time/durations.ts";
import type { CallEndpoint } from "../../domain/ports/callback_caller.ts";
import type { CallbackSigner } from "../../domain/ports/callback_signer.ts";

/** A message to a callback's endpoint, before it is signed. */
export interface CallbackMessage {
  /** The header `webhook-id`. It is the same for every try, so that the consumer can skip what it has processed. */
  readonly id: string;
  /** The header `hark-sequence`: a number by which the consumer can order callbacks. Absent for a test call. */
  readonly number?: number;
  /** The request's body, as JSON text. */
  readonly body: string;
  /**
   * When the event happened, in epoch milliseconds; absent where it is not known. It is not sent: only the metrics use
   * it.
   */
  readonly at?: number;
}

/** Dependencies of {@link createCallbackSender}. */
export interface CallbackSenderPorts {
  readonly call: CallEndpoint;
  readonly signer: Pick<CallbackSigner, "sign">;
  readonly clock: { now(): number };
  /** The time that consumers have: they refuse a callback that was signed long before or after it. */
  readonly outsideClock: { now(): number };
}

/**
 * Makes one `POST` to the URL in `secrets`, with their bearer token and a signature by their keys. It does not retry.
 * Never rejects: the result has the status of the answer, or the reason why there was none.
 */
export type SendCallback = (
  secrets: CallbackSecrets,
  message: CallbackMessage,
) => Promise<CallResult>;

/** Creates the function that sends callbacks. */
export function createCallbackSender(
  { call, signer, clock, outsideClock }: CallbackSenderPorts,
): SendCallback {
  return async (secrets, { body, id, number }) => {
    const signedAt = outsideClock.now();
    const keys = signingSecrets(secrets, clock.now());
    return await call({
      url: secrets.url,
      body,
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${secrets.bearerToken}`,
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(signedAt / SECOND_MS)),
        "webhook-signature": await signer.sign(keys, id, signedAt, body),
        ...(number === undefined ? {} : { "hark-sequence": String(number) }),
      },
    });
  };
}
