import { type ProviderFacts, selectProvider } from "../../domain/delivery/select_provider.ts";
import type { Notification, StoredNotification } from "../../domain/notification/notification.ts";
import type { Provider } from "../../domain/ports/provider.ts";
import type { Channel } from "../../domain/service/service.ts";

/** The providers of a deployment, and the state that they are selected by. */
export interface ChannelProviderPorts {
  /** The candidates of each channel, the preferred one first. Without any, messages are retried until they fail. */
  readonly providers: Readonly<Partial<Record<Channel, readonly Provider[]>>>;
  /** Simulates sending for test keys. */
  readonly simulators: Readonly<Record<Channel, Provider>>;
  /** The current state of the providers. */
  readonly providerFacts: () => ProviderFacts;
}

/** Finds the provider of a notification. */
export interface ChannelProviders {
  /** The provider of the next attempt; `undefined` when the channel has none. */
  select(notification: Pick<Notification, "channel" | "keyKind">): Provider | undefined;
  /**
   * The provider that accepted the message, even when another one is preferred now.
   *
   * @returns `undefined` when the deployment no longer has it
   */
  findAcceptedBy(
    notification: Pick<StoredNotification, "channel" | "keyKind" | "provider">,
  ): Provider | undefined;
}

/** Creates the lookup of providers. */
export function createChannelProviders(
  { providers, simulators, providerFacts }: ChannelProviderPorts,
): ChannelProviders {
  const candidatesOf = (
    { channel, keyKind }: Pick<Notification, "channel" | "keyKind">,
  ): readonly Provider[] => keyKind === "test" ? [simulators[channel]] : providers[channel] ?? [];
  return {
    select: (notification) => selectProvider(candidatesOf(notification), providerFacts()),
    findAcceptedBy: (notification) =>
      candidatesOf(notification).find(({ name }) => name === notification.provider),
  };
}
