/** People's services. */
import { ok, refuse } from "../../domain/result.ts";
import { isReservedServiceId } from "../../domain/service/reserved_ids.ts";
import { DAY_MS } from "../../domain/time/durations.ts";
import type { AccountDependencies } from "./ports.ts";
import type { Session } from "../../domain/accounts/account.ts";
import type { SessionRefusal, TeamRefusal } from "../../domain/accounts/refusals.ts";
import type { Role } from "../../domain/accounts/roles.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { ServiceSummary } from "../../domain/ports/service_summary_store.ts";
import { limitDayOf } from "../../domain/sending/limit_day.ts";
import { DAILY_COUNTERS, dailyScope } from "../../domain/sending/limits.ts";
import type { Result } from "../../domain/result.ts";
import type { Guests, Service, ServiceSettings } from "../../domain/service/service.ts";

/** A person's service, with their roles. */
export interface OwnService {
  readonly service: Service;
  readonly roles: readonly Role[];
  /**
   * The messages that it sent in the last {@link SENT_DAYS} days, today included; `undefined` when the person's services
   * have too many counts to add up.
   */
  readonly sent: number | undefined;
}

/** The days for which a list of services shows how many messages were sent. */
export const SENT_DAYS = 7;

/** The services of people. */
export interface AccountServices {
  /** The services that the person is a member of, by name. */
  list(session: Session): Promise<readonly OwnService[]>;
  /** What became of a service's messages lately, and what it needs next. */
  summary(service: Service): Promise<ServiceSummary>;
  /** The team's proved addresses and numbers, which count as guests. */
  teamAddresses(serviceId: ServiceId): Promise<Guests>;
  /**
   * Creates a service in trial mode; its creator becomes a member with all roles, in the same batch. With the id of a
   * service that the person has, it returns that one.
   */
  create(
    session: Session,
    service: { readonly id: ServiceId; readonly name: string; readonly settings: ServiceSettings },
  ): Promise<Result<Service, SessionRefusal | TeamRefusal>>;
}

/** Creates the use cases of people's services. */
export function createAccountServices(
  { clock, overviews, summaries, teams }: AccountDependencies,
): AccountServices {
  return {
    async list({ user }) {
      const today = Math.floor(clock.now() / DAY_MS);
      const [services, counts] = await Promise.all([
        teams.listServices(user.id),
        overviews.countSent(user.id, { from: today - SENT_DAYS + 1, to: today }),
      ]);
      const sentBy = ({ id }: Service) => counts === "too-many" ? undefined : counts.get(id) ?? 0;
      return services.map((own): OwnService => ({ ...own, sent: sentBy(own.service) }))
        .toSorted((a, b) => a.service.name.localeCompare(b.service.name));
    },
    teamAddresses: (serviceId) => overviews.listTeamAddresses(serviceId),
    summary: (service) => {
      const now = clock.now();
      const { day } = limitDayOf(service, now);
      const scopes = DAILY_COUNTERS.map((counter) => dailyScope(day, counter));
      return summaries.readSummary(service.id, scopes, now);
    },
    async create({ stage, user }, service) {
      if (stage !== "complete") return refuse({ kind: "not-allowed" });
      if (isReservedServiceId(service.id)) return refuse({ kind: "not-allowed" });
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
      return existing === undefined ? refuse({ kind: "too-many-services" }) : ok(existing.service);
    },
  };
}
