import {
  roomOfChannel,
  type Selection,
  selectProvider,
} from "../../domain/delivery/select_provider.ts";
import type {
  EventFacts,
  Notification,
  StoredNotification,
} from "../../domain/notification/notification.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Provider } from "../../domain/ports/provider.ts";
import { type Channel, CHANNELS } from "../../domain/service/service.ts";
import type { ProviderHealth } from "./provider_health.ts";

/** The providers of a deployment, and the state by which one of them is selected. */
export interface ChannelProviderPorts {
  readonly clock: Clock;
  /**
   * The providers of each channel, the preferred one first. Messages of a channel without any fail after their retries.
   */
  readonly providers: Readonly<Partial<Record<Channel, readonly Provider[]>>>;
  /** The provider of notifications that a test key created, by channel: it sends nothing. */
  readonly simulators: Readonly<Record<Channel, Provider>>;
  readonly health: ProviderHealth;
  /**
   * Whether a selection reads settings that are old, for the next one. Needed where no loop reads them, as on Workers;
   * `false` by default.
   */
  readonly refreshesSettings?: boolean | undefined;
}

/** The provider of an attempt that is about to be made. */
export interface SelectedProvider {
  /** `undefined` when the channel has none. */
  readonly provider: Provider | undefined;
  /** Why, for the timeline; `undefined` when there was no choice. */
  readonly selection: EventFacts["selection"];
}

/** Finds the provider of a notification: a simulator for those of test keys, else one of its channel's. */
export interface ChannelProviders {
  /**
   * Selects the provider of the next attempt and reserves its room there. The attempt must be made or cancelled.
   *
   * @returns `undefined` when the message has to wait: every provider is held back, or a rate limit is exhausted
   */
  select(notification: Pick<Notification, "channel" | "keyKind">): SelectedProvider | undefined;
  /** Gives back the room of an attempt that is not made. */
  cancel(selected: SelectedProvider): void;
  /** How many messages of a channel can be selected a provider for now; `Infinity` without a limit. */
  roomOf(channel: Channel): number;
  /** The channels whose providers take no message now, or took none at some time within so many milliseconds. */
  heldChannels(withinMs: number): readonly Channel[];
  /** The most messages that a provider of the channel takes in one call; `undefined` when none takes several. */
  maxBatchOf(channel: Channel): number | undefined;
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
  { clock, providers, simulators, health, refreshesSettings = false }: ChannelProviderPorts,
): ChannelProviders {
  const candidatesOf = (
    { channel, keyKind }: Pick<Notification, "channel" | "keyKind">,
  ): readonly Provider[] => keyKind === "test" ? [simulators[channel]] : providers[channel] ?? [];
  const heldAt = new Map<Channel, number>();
  function roomOf(channel: Channel): number {
    const room = roomOfChannel(providers[channel] ?? [], health.factsOf);
    if (room === 0) heldAt.set(channel, clock.now());
    return room;
  }
  return {
    select(notification) {
      if (refreshesSettings) void health.refresh();
      const candidates = candidatesOf(notification);
      const random = candidates.length > 1 ? clock.random() : 0;
      const selection = selectProvider(candidates, health.factsOf, random);
      const selected = toSelected(selection);
      if (selected?.provider !== undefined) {
        health.reserve(selected.provider, selected.selection === "probe");
      }
      return selected;
    },
    cancel({ provider, selection }) {
      if (provider !== undefined) health.cancel(provider, selection === "probe");
    },
    roomOf,
    heldChannels: (withinMs) =>
      CHANNELS.filter((channel) =>
        roomOf(channel) === 0 ||
        Math.abs(clock.now() - (heldAt.get(channel) ?? -Infinity)) < withinMs
      ),
    maxBatchOf(channel) {
      const sizes = (providers[channel] ?? []).flatMap(({ batch }) => batch?.most ?? []);
      return sizes.length === 0 ? undefined : Math.max(...sizes);
    },
    findAcceptedBy: (notification) =>
      candidatesOf(notification).find(({ name }) => name === notification.provider),
    findByName: (notification, name) =>
      candidatesOf(notification).find((provider) => provider.name === name),
  };
}

function toSelected(selection: Selection<Provider>): SelectedProvider | undefined {
  switch (selection.kind) {
    case "selected": {
      const { provider, reason } = selection;
      return { provider, selection: reason === "only" ? undefined : reason };
    }
    case "no-provider":
      return { provider: undefined, selection: undefined };
    case "held":
      return undefined;
  }
}
