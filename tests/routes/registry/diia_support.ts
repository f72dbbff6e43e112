import { type DiiaStandIn, startDiia } from "../../support/stand_ins/diia.ts";
import { type MovableClock, movableClock } from "../support.ts";
import { byChannels, startRegistry, type TestRegistry } from "./support.ts";

export const PARTNER = "partner-token-of-tests";

export const PUSH = "/api/v1/notification/distribution/push";

export const ATTRIBUTES = [
  { name: "actionType", value: "message" },
  { name: "templateType", value: "attention" },
  { name: "shortText", value: "For {name}" },
];

export const CONTENT = "Hello {name}, you are one of {count}";

export interface Both extends AsyncDisposable {
  readonly hark: TestRegistry;
  readonly diia: DiiaStandIn;
  readonly clock: MovableClock;
  /**
   * `isDown`: no server listens at the address of Diia. `pushes`: the answer to every push. It obeys only if the test asked
   * for that.
   */
  readonly network: { isDown: boolean; pushes?: () => Response };
}

/** @param control whether the test controls the network, which it can in process only */
export async function startBoth(
  { control = false, clock = movableClock() } = {},
): Promise<Both> {
  const diia = await startDiia({ partnerToken: PARTNER, now: clock.now });
  const network: Both["network"] = { isDown: false };
  const call: typeof fetch = (input, init) => {
    const meet = String(input).endsWith(PUSH) ? network.pushes : undefined;
    // No server listens on port 1, so the system refuses the connection.
    if (meet === undefined) return fetch(network.isDown ? "http://127.0.0.1:1/" : input, init);
    return new Promise((resolve) => resolve(meet()));
  };
  const hark = await startRegistry({
    clock,
    ...(control ? { fetch: call } : {}),
    environment: { DIIA_BASE_URL: diia.url, DIIA_PARTNER_TOKEN: PARTNER },
  });
  return {
    hark,
    diia,
    clock,
    network,
    async [Symbol.asyncDispose]() {
      await hark.close();
      await diia.close();
    },
  };
}

export const publish = (hark: TestRegistry, change: Readonly<Record<string, unknown>> = {}) =>
  hark.put("diia:hello", { title: "T", content: CONTENT, attributes: ATTRIBUTES, ...change });

export const toDiia = (rnokpp: string, parameters: Readonly<Record<string, unknown>>) =>
  byChannels([{ channel: "diia", rnokpp }], { parameters });

export const message = (recipients: readonly unknown[], notification = {}) => ({
  notification: { templateName: "hello", ignoreChannelPreferences: true, ...notification },
  recipients,
});
