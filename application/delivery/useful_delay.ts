import type { SendOutcome } from "../../domain/ports/provider.ts";
import type { Channel } from "../../domain/service/service.ts";
import type { ListedProvider, ProviderHealth } from "./provider_health.ts";

/**
 * Returns an outcome without its `Retry-After`, when that holds the provider back and another one of the channel can take
 * the message meanwhile. After an unknown outcome the provider may have the message, so its delay stays.
 */
export function withUsefulDelay(
  health: Pick<ProviderHealth, "list">,
  channel: Channel,
  name: string,
  outcome: SendOutcome,
): SendOutcome {
  if (outcome.kind !== "retry" || outcome.outcome !== "not-sent" || outcome.afterMs === undefined) {
    return outcome;
  }
  const providers = health.list().filter((each) => each.channel === channel);
  const isReady = ({ facts }: ListedProvider) => facts.availability === "ready";
  const isHeld = providers.some((each) => each.name === name && !isReady(each));
  if (!isHeld || !providers.some((each) => each.name !== name && isReady(each))) return outcome;
  const { afterMs: _, ...withoutDelay } = outcome;
  return withoutDelay;
}
