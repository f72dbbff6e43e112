import { parseAddress, parseAddressRange } from "./client_address.ts";

const LOOPBACK = ["127.0.0.0/8", "::1"].flatMap((range) => parseAddressRange(range) ?? []);

/**
 * Whether a host is this machine: `localhost` and names below it (RFC 6761), 127.0.0.0/8 and ::1.
 *
 * @param hostname as `URL.hostname` has it, IPv6 addresses in brackets
 */
export function isLoopbackHost(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  const address = parseAddress(name.replace(/^\[(.*)\]$/, "$1"));
  return address !== undefined && LOOPBACK.some(({ from, to }) => from <= address && address <= to);
}
