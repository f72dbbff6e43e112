/** Who may set which channel. No I/O, no clock. */
import type { AccessToken } from "../access/access_tokens.ts";
import type { RecipientChannel } from "./channels.ts";

/** Roles of people who act for an office; Diia is for what people are in private. */
const OFFICIAL_ROLES: readonly string[] = ["officer", "unregistered-officer"];

/** Why somebody may not set a channel. */
export type ChannelRefusal = "no-roles" | "official";

/** Says whether the bearer of a token may set a channel; `undefined` when they may. */
export function refusalOfChannel(
  { roles }: Pick<AccessToken, "roles">,
  channel: RecipientChannel,
): ChannelRefusal | undefined {
  if (roles.length === 0) return "no-roles";
  const official = roles.some((role) => OFFICIAL_ROLES.includes(role));
  return channel === "diia" && official ? "official" : undefined;
}

/**
 * Whether an address can be the bearer's own: Diia knows people by their tax number, which their token tells. Any other
 * address is proved by a code alone.
 *
 * @param normalised the address in its comparable form
 */
export function mayOwn(
  { drfo }: Pick<AccessToken, "drfo">,
  channel: RecipientChannel,
  normalised: string,
): boolean {
  return channel !== "diia" || drfo?.trim() === normalised;
}
