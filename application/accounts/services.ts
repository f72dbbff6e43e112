/** People's services. */
import type { Session } from "../../domain/accounts/account.ts";
import type { SessionRefusal, TeamRefusal } from "../../domain/accounts/refusals.ts";
import type { Role } from "../../domain/accounts/roles.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { Result } from "../../domain/result.ts";
import type { Service, ServiceSettings } from "../../domain/service/service.ts";

/** A person's service, with their roles. */
export interface OwnService {
  readonly service: Service;
  readonly roles: readonly Role[];
}

/** The services of people. */
export interface AccountServices {
  /** The services that the person is a member of, by name. */
  list(session: Session): Promise<readonly OwnService[]>;
  /** Creates a service in trial mode; its creator becomes a member with all roles, in the same batch. */
  create(
    session: Session,
    service: { readonly id: ServiceId; readonly name: string; readonly settings: ServiceSettings },
  ): Promise<Result<Service, SessionRefusal | TeamRefusal>>;
}
