/** Which IP addresses belong to hosts of the public internet, so that a callback may be sent to them. */
import { parseAddress, parseAddressRange } from "../access/client_address.ts";

/**
 * The ranges that callbacks never reach, from the special-purpose registries of IANA (RFC 6890 and its updates). IPv4
 * addresses stand for their IPv4-mapped forms too: `parseAddress` makes them equal.
 */
const REFUSED = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // carrier-grade NAT
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local, with the metadata services of clouds
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.31.196.0/24", // AS112
  "192.52.193.0/24", // AMT
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16", // private
  "192.175.48.0/24", // AS112
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, with broadcast
  "168.63.129.16/32", // the platform services of Azure, at a public address
].flatMap((range) => parseAddressRange(range) ?? []);

/**
 * Global unicast addresses: everything else of IPv6 is special (loopback, ULA, link-local, multicast, NAT64,
 * IPv4-compatible).
 */
const GLOBAL_UNICAST = ["2000::/3"].flatMap((range) => parseAddressRange(range) ?? []);

/** The parts of {@link GLOBAL_UNICAST} that are not hosts of the internet, or carry an IPv4 address. */
const REFUSED_UNICAST = [
  "2001::/23", // protocol assignments, with Teredo (2001::/32) and ORCHID
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4
  "2620:4f:8000::/48", // AS112
  "3ffe::/16", // 6bone, given back
  "3fff::/20", // documentation
].flatMap((range) => parseAddressRange(range) ?? []);

const IPV4_MAPPED = 0xffffn;

/**
 * Whether an address is a public one.
 *
 * @param text an IPv4 or IPv6 address without brackets; any other text, such as one with a zone, is not public
 */
export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  const isIn = ({ from, to }: { readonly from: bigint; readonly to: bigint }) =>
    from <= address && address <= to;
  // A mapped address as a resolver's answer is refused below as IPv6 is: as text it has colons.
  if (address >> 32n === IPV4_MAPPED) return !text.includes(":") && !REFUSED.some(isIn);
  return GLOBAL_UNICAST.some(isIn) && !REFUSED_UNICAST.some(isIn);
}
