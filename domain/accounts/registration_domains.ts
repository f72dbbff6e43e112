/** Which e-mail domains may register. */
import { toAsciiHost } from "../recipient/idna.ts";

/** Every domain may register. */
export const EVERY_DOMAIN = "*";

/**
 * Whether an address may register: its domain is one of the domains, or a subdomain of one.
 *
 * @param domains lower-case domains; {@link EVERY_DOMAIN} for all, and none for by invitation only
 */
export function mayRegister(normalised: string, domains: readonly string[]): boolean {
  const host = normalised.slice(normalised.lastIndexOf("@") + 1);
  const ascii = toAsciiHost(host) ?? host;
  return domains.some((domain) =>
    domain === EVERY_DOMAIN || ascii === domain || ascii.endsWith(`.${domain}`)
  );
}
