import { availableAt } from "../../domain/delivery/provider_state.ts";
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
   * Whether a selection starts to read the operator's provider settings again when those in memory are older than 2
   * seconds; the attempt waits for them, and makes no call when they pause its provider. Needed where no loop reads
   * them, as on Workers; `false` by default.
   */
  readonly refreshesSettings?: boolean | undefined;
}

/** A provider that was selected for an attempt. */
export interface SelectedProvider {
  /** `undefined` when the deployment has no provider for the channel. */
  readonly provider: Provider | undefined;
  /** Why it was selected, for the notification's timeline; `undefined` when there was no choice. */
  readonly selection: EventFacts["selection"];
  /**
   * Resolves when the operator's settings have been read again, or the read has failed; absent where a loop reads them.
   * The read runs beside the accept, which does not wait for it; the attempt does.
   */
  readonly refreshed?: Promise<void>;
}

/**
 * Selects and finds providers: for a notification that a test key created the simulator, for others those of the
 * channel.
 */
export interface ChannelProviders {
  /**
   * Selects the provider of the next attempt and counts one message against its rate limit. The caller must make the
   * attempt or {@link cancel} it.
   *
   * @returns `undefined` when the message has to wait: every provider is held back (failing or paused), or a rate limit
   * is exhausted
   */
  select(notification: Pick<Notification, "channel" | "keyKind">): SelectedProvider | undefined;
  /**
   * Reports that a selected attempt is not made, so that another message can be the probe of the provider if this was
   * to be it. What was counted against the rate limit stays counted.
   */
  cancel(selected: SelectedProvider): void;
  /**
   * For how many messages of a channel {@link select} finds a provider now, by rate limits and health. It is 0 when all
   * providers are held back, and `Infinity` without a limit or without a provider. Simulators do not count.
   */
  roomOf(channel: Channel): number;
  /**
   * The channels whose providers take no message now, or were found to take none within the last `withinMs`
   * milliseconds.
   */
  heldChannels(withinMs: number): readonly Channel[];
  /**
   * When the first of the channel's providers can be called again, epoch milliseconds: in the past when one can be now.
   * `undefined` when all are paused.
   */
  resumesAt(channel: Channel): number | undefined;
  /** The most messages that a provider of the channel takes in one call; `undefined` when none takes several. */
  maxBatchOf(channel: Channel): number | undefined;
  /**
   * Finds the provider that accepted the notification's message, by its stored name, even when another one is preferred
   * now.
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
      const refreshed = refreshesSettings ? health.refresh() : undefined;
      const candidates = candidatesOf(notification);
      const random = candidates.length > 1 ? clock.random() : 0;
      const selection = selectProvider(candidates, health.factsOf, random);
      const selected = toSelected(selection);
      if (selected?.provider !== undefined) {
        health.reserve(selected.provider, selected.selection === "probe");
      }
      return selected && { ...selected, ...(refreshed === undefined ? {} : { refreshed }) };
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
    resumesAt(channel) {
      const now = clock.now();
      const times = health.list().filter((each) => each.channel === channel)
        .flatMap(({ state }) => availableAt(state, now) ?? []);
      return times.length === 0 ? undefined : Math.min(...times);
    },
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
