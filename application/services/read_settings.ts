/** What a service's settings page shows beside the settings: senders, and today's limits with what is used of them. */
import type { Clock } from "../../domain/ports/clock.ts";
import type { ServiceSettingsStore } from "../../domain/ports/service_settings_store.ts";
import { type DailyLimit, limitsOf } from "../../domain/going_live/request.ts";
import { dailyCharge } from "../../domain/sending/limits.ts";
import { limitDayOf } from "../../domain/sending/limit_day.ts";
import type { Sender } from "../../domain/service/sender.ts";
import type { Service } from "../../domain/service/service.ts";

/** A limit of messages a day. */
export interface DailyUse {
  readonly name: DailyLimit;
  readonly limit: number;
  /** How many messages of it are used today. */
  readonly used: number;
}

/** What {@link createReadSettings} reads. */
export interface ReadSettings {
  readonly senders: readonly Sender[];
  /** Today's limits of the service's channels. */
  readonly limits: readonly DailyUse[];
  /** When the day ends by which limits are counted, in epoch milliseconds. */
  readonly dayEndsAt: number;
}

/** Creates the function that reads a service's senders, limits and what is used of them, with one call. */
export function createReadSettings(
  { clock, serviceSettings }: {
    readonly clock: Pick<Clock, "now">;
    readonly serviceSettings: ServiceSettingsStore;
  },
): (service: Service) => Promise<ReadSettings> {
  return async (service) => {
    const now = clock.now();
    const charges = limitsOf(service.settings).map((name) => ({
      name,
      ...dailyCharge(service, name, now),
    }));
    const { senders, counters } = await serviceSettings.read(
      service.id,
      charges.map(({ scope }) => scope),
    );
    return {
      senders,
      limits: charges.map(({ name, scope, limit }) => ({
        name,
        limit,
        used: counters.get(scope) ?? 0,
      })),
      dayEndsAt: limitDayOf(service, now).endsAt,
    };
  };
}
