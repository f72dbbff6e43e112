/** Which channels the bearer of an access token may set. No I/O, no clock. */
import type { AccessToken } from "../access/access_tokens.ts";
import type { RecipientChannel } from "./channels.ts";

/** Roles of officers. Diia reaches people as private persons only. */
const OFFICIAL_ROLES: readonly string[] = ["officer", "unregistered-officer"];

/**
 * Why the bearer of an access token may not set a channel: the token has no roles, or an officer's role (`official`).
 */
export type ChannelRefusal = "no-roles" | "official";

/**
 * Checks whether the bearer of a token may set a channel. They need any role; for Diia no officer's.
 *
 * @returns why they may not; `undefined` when they may
 */
export function refusalOfChannel(
  { roles }: Pick<AccessToken, "roles">,
  channel: RecipientChannel,
): ChannelRefusal | undefined {
  if (roles.length === 0) return "no-roles";
  const official = roles.some((role) => OFFICIAL_ROLES.includes(role));
  return channel === "diia" && official ? "official" : undefined;
}

/**
 * Whether an address can be the bearer's own. An address of Diia is a tax number, and must equal the token's. Addresses
 * of other channels are proved by a passcode alone.
 *
 * @param normalised the normalised address
 */
export function mayOwn(
  { drfo }: Pick<AccessToken, "drfo">,
  channel: RecipientChannel,
  normalised: string,
): boolean {
  return channel !== "diia" || drfo?.trim() === normalised;
}
