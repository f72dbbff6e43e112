import { type AddressRange, clientAddress, parseAddress } from "../domain/access/client_address.ts";
import type { ReadClientAddress } from "../routes/http/client_address.ts";

/**
 * Creates the function that returns the address of a request's client; `undefined` when it is not known.
 *
 * @param trustedProxies the proxies whose `X-Forwarded-For` is believed; without any, the address is that of the
 *   connection
 * @param platformHeader a header that the platform in front sets to the client's address, over one that a client has
 *   sent. When it is given, the address is read from nothing else
 */
export function createClientAddress(
  trustedProxies: readonly AddressRange[],
  platformHeader: string | undefined,
): ReadClientAddress {
  return ({ remoteAddress, headers }) => {
    if (platformHeader !== undefined) {
      const address = headers.get(platformHeader)?.trim() ?? "";
      return parseAddress(address) === undefined ? undefined : address;
    }
    if (remoteAddress === undefined) return undefined;
    const forwardedFor = trustedProxies.length === 0 ? null : headers.get("x-forwarded-for");
    return clientAddress(remoteAddress, forwardedFor ?? undefined, trustedProxies);
  };
}
