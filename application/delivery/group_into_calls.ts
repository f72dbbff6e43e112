import type { ReadyNotification } from "./attempts.ts";
import type { ChannelProviders, SelectedProvider } from "./channel_providers.ts";

/** A call of a provider that is to be made, for one notification or a batch. */
interface ProviderCall {
  readonly selected: SelectedProvider;
  readonly call: readonly ReadyNotification[];
}

/**
 * Selects a provider for each notification, which counts against its rate limit, and groups the notifications into
 * provider calls: up to the provider's batch size, or one a call when it takes no batches. A probe (a message that
 * tries whether a failed provider works again) is a call of its own. `waiting` has the notifications that no provider
 * may be called for now.
 */
export function groupIntoCalls(
  ready: readonly ReadyNotification[],
  providers: Pick<ChannelProviders, "select">,
): { readonly calls: readonly ProviderCall[]; readonly waiting: readonly ReadyNotification[] } {
  const selections = ready.map((item) => ({ item, selected: providers.select(item.notification) }));
  const waiting = selections.filter(({ selected }) => selected === undefined)
    .map(({ item }) => item);
  const groups = new Map<string, { selected: SelectedProvider; items: ReadyNotification[] }>();
  for (const { item, selected } of selections) {
    if (selected === undefined) continue;
    const key = `${
      item.notification.keyKind === "test"
    } ${selected.provider?.name} ${selected.selection}`;
    const group = groups.get(key) ?? { selected, items: [] };
    group.items.push(item);
    groups.set(key, group);
  }
  const calls = Array.from(groups.values()).flatMap(({ selected, items }) => {
    const max = selected.provider?.batch?.most ?? 1;
    return Array.from({ length: Math.ceil(items.length / max) }, (_, index) => ({
      selected,
      call: items.slice(index * max, (index + 1) * max),
    }));
  });
  return { calls, waiting };
}
