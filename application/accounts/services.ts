/** People's services. */
import { ok, refuse } from "../../domain/result.ts";
import { isReservedServiceId } from "../../domain/service/reserved_ids.ts";
import { DAY_MS } from "../../domain/time/durations.ts";
import { createReadSettings, type ReadSettings } from "../services/read_settings.ts";
import type { AccountDependencies } from "./ports.ts";
import { MAX_MEMBERSHIPS, type Session } from "../../domain/accounts/account.ts";
import type { SessionRefusal } from "../../domain/accounts/refusals.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { ServiceSummary } from "../../domain/ports/service_summary_store.ts";
import { limitDayOf } from "../../domain/sending/limit_day.ts";
import { DAILY_COUNTERS, dailyScope } from "../../domain/sending/limits.ts";
import type {
  GuestsOfService,
  KeysOfService,
  OwnService,
} from "../../domain/ports/service_overview_store.ts";
import type { Result } from "../../domain/result.ts";
import type { Service, ServiceSettings } from "../../domain/service/service.ts";

/** The days for which a list of services shows how many messages were sent. */
export const SENT_DAYS = 7;

/** Why a service was not created. */
export type CreateServiceRefusal =
  | SessionRefusal
  /** Another service has the id, or Hark keeps it for itself. */
  | { readonly kind: "id-taken" }
  | { readonly kind: "too-many-services" };

/** Max keys of a service, the newest, whose creators are looked up in the audit log. */
const MAX_CREATIONS = 500;

/** The services of people. */
export interface AccountServices {
  /**
   * The services that the person is a member of, by name, with the messages of the last {@link SENT_DAYS} days, today
   * included.
   */
  list(session: Session): Promise<readonly OwnService[]>;
  /** What became of a service's messages lately, and what it needs next. */
  summary(service: Service): Promise<ServiceSummary>;
  /** The guest list, and the team's proved addresses and numbers, which count as guests. */
  guests(serviceId: ServiceId): Promise<GuestsOfService>;
  /** The senders, and today's limits with what is used of them. */
  readSettings(service: Service): Promise<ReadSettings>;
  /** The keys, with the entries of the audit log for the newest {@link MAX_CREATIONS} of them. */
  keys(serviceId: ServiceId): Promise<KeysOfService>;
  /**
   * Creates a service in trial mode; its creator becomes a member with all roles, in the same batch. With the id of a
   * service that the person has, it returns that one.
   */
  create(
    session: Session,
    service: { readonly id: ServiceId; readonly name: string; readonly settings: ServiceSettings },
  ): Promise<Result<Service, CreateServiceRefusal>>;
}

/** Creates the use cases of people's services. */
export function createAccountServices(
  { clock, overviews, serviceSettings, summaries, teams }: AccountDependencies,
): AccountServices {
  return {
    async list({ user }) {
      const today = Math.floor(clock.now() / DAY_MS);
      const days = { from: today - SENT_DAYS + 1, to: today };
      const services = await overviews.listServices(user.id, days);
      return services.toSorted((a, b) => a.service.name.localeCompare(b.service.name));
    },
    summary: (service) => {
      const now = clock.now();
      const { day } = limitDayOf(service, now);
      const scopes = DAILY_COUNTERS.map((counter) => dailyScope(day, counter));
      return summaries.readSummary(service.id, scopes, now);
    },
    guests: (serviceId) => overviews.readGuests(serviceId),
    readSettings: createReadSettings({ clock, serviceSettings }),
    keys: (serviceId) => overviews.readKeys(serviceId, MAX_CREATIONS),
    async create({ stage, user }, service) {
      if (stage !== "complete") return refuse({ kind: "not-allowed" });
      if (isReservedServiceId(service.id)) return refuse({ kind: "id-taken" });
      const entry = {
        chain: service.id,
        actor: { kind: "user", id: user.id },
        action: "service-created",
      } as const;
      const created = await teams.createService(service, user.id, entry, clock.now());
      if (created !== undefined) return ok(created);
      // A form that was sent twice has made it already.
      const own = await teams.listServices(user.id);
      const existing = own.find((candidate) => candidate.service.id === service.id);
      if (existing !== undefined) return ok(existing.service);
      const kind = own.length >= MAX_MEMBERSHIPS ? "too-many-services" : "id-taken";
      return refuse({ kind });
    },
  };
}
