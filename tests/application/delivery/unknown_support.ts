/** A dispatcher over real stores, connected to the stand-ins of Twilio and Postmark, whose clocks are the bench's. */
import assert from "node:assert/strict";
import { createPostmark } from "../../../adapters/providers/postmark/postmark.ts";
import type { TwilioConfig } from "../../../adapters/providers/twilio/request.ts";
import { createTwilio } from "../../../adapters/providers/twilio/twilio.ts";
import type { Provider } from "../../../domain/ports/provider.ts";
import { START } from "../../contracts/isolate.ts";
import { type PostmarkStandIn, startPostmark } from "../../support/stand_ins/postmark.ts";
import { startTwilio, type TwilioStandIn } from "../../support/stand_ins/twilio.ts";
import { type DispatchBench, openDispatch } from "./support.ts";

const ACCOUNT = { accountSid: "AC00112233445566778899aabbccddeeff", authToken: "auth-token" };
const WEBHOOK = { user: "postmark", password: "a-long-password" };

/** The bench, and the stand-ins of its providers. */
export interface ProviderBench extends DispatchBench {
  readonly twilio: TwilioStandIn;
  readonly postmark: PostmarkStandIn;
  /** Moves the time in steps of `stepMs` and dispatches what is due after each. */
  pass(ms: number, stepMs: number): Promise<void>;
}

/** Options of {@link openProviders}. */
export interface ProviderBenchOptions {
  readonly twilio?: Partial<TwilioConfig>;
  /** How long the providers' searches miss a message. */
  readonly searchDelayMs?: number;
  /** Replaces the provider of texts. */
  readonly wrap?: (twilio: Provider) => Provider;
}

/** Opens the bench. Calls time out after two seconds. */
export async function openProviders(
  { twilio: fields = {}, searchDelayMs = 0, wrap = (provider) => provider }: ProviderBenchOptions =
    {},
): Promise<ProviderBench> {
  const time: { now: () => number } = { now: () => START };
  const now = () => time.now();
  const twilio = await startTwilio({ ...ACCOUNT, now, listDelayMs: searchDelayMs });
  const postmark = await startPostmark({
    token: "server-token",
    webhookUser: WEBHOOK.user,
    webhookPassword: WEBHOOK.password,
    now,
    searchDelayMs,
  });
  const timeoutMs = 2_000;
  const sms = createTwilio({
    ...ACCOUNT,
    from: "Hark",
    baseUrl: twilio.url,
    publicUrl: "https://hark.test",
    timeoutMs,
    ...fields,
  }, { fetch, clock: { now } });
  const email = createPostmark({
    serverToken: "server-token",
    baseUrl: postmark.url,
    webhook: WEBHOOK,
    timeoutMs,
  }, { fetch });
  const bench = await openDispatch({ providers: { sms: wrap(sms), email } });
  time.now = () => bench.time.now;
  return {
    ...bench,
    twilio,
    postmark,
    async pass(ms, stepMs) {
      const end = bench.time.now + ms;
      while (bench.time.now < end) {
        bench.time.now = Math.min(bench.time.now + stepMs, end);
        await bench.drain();
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([twilio.close(), postmark.close()]);
      await bench[Symbol.asyncDispose]();
    },
  };
}

/** Asserts that every text arrived at the stand-in exactly once. */
export function assertSentOnce(
  { twilio }: ProviderBench,
  refs: readonly { readonly notificationId: string }[],
): void {
  for (const { notificationId } of refs) {
    const copies = twilio.accepted.filter(({ statusCallback }) =>
      statusCallback?.includes(notificationId)
    );
    assert.equal(copies.length, 1, `${copies.length} copies`);
  }
}
