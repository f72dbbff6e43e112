import { type ProviderFacts, selectProvider } from "../../domain/delivery/select_provider.ts";
import type { Notification, StoredNotification } from "../../domain/notification/notification.ts";
import type { Provider } from "../../domain/ports/provider.ts";
import type { Channel } from "../../domain/service/service.ts";

/** The providers of a deployment, and the state by which one of them is selected. */
export interface ChannelProviderPorts {
  /**
   * The providers of each channel, the preferred one first. Messages of a channel without any fail after their retries.
   */
  readonly providers: Readonly<Partial<Record<Channel, readonly Provider[]>>>;
  /** The provider of notifications that a test key created, by channel: it sends nothing. */
  readonly simulators: Readonly<Record<Channel, Provider>>;
  /** Returns the current state of the providers. */
  readonly providerFacts: () => ProviderFacts;
}

/** Finds the provider of a notification: a simulator for those of test keys, else one of its channel's. */
export interface ChannelProviders {
  /** Selects the provider of the next attempt; `undefined` when the channel has none. */
  select(notification: Pick<Notification, "channel" | "keyKind">): Provider | undefined;
  /**
   * Finds the provider that accepted the message, even when another one is preferred now.
   *
   * @returns `undefined` when the deployment no longer has it
   */
  findAcceptedBy(
    notification: Pick<StoredNotification, "channel" | "keyKind" | "provider">,
  ): Provider | undefined;
  /** Finds a provider of the notification's channel by its name; `undefined` when the deployment has no such provider. */
  findByName(
    notification: Pick<Notification, "channel" | "keyKind">,
    name: string,
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
    findByName: (notification, name) =>
      candidatesOf(notification).find((provider) => provider.name === name),
  };
}
