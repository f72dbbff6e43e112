/** Which client a request comes from, seen through reverse proxies that the deployment trusts. */
import { ok, refuse, type Result } from "../result.ts";

/** The most addresses and CIDR ranges in the environment variable `TRUSTED_PROXIES`; a longer list is refused. */
export const MAX_TRUSTED_PROXIES = 100;
/** How many entries of `X-Forwarded-For` are read, from the last one backwards; earlier ones are ignored. */
export const MAX_FORWARDED_ENTRIES = 20;

/** An IP address as a number: an IPv4 address in the IPv4-mapped range of IPv6, so that both compare. */
type Address = bigint;

/** A range of addresses, both ends included. IPv4 addresses are numbers in the IPv4-mapped range of IPv6. */
export interface AddressRange {
  readonly from: Address;
  readonly to: Address;
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const MAPPED = 0xffffn << 32n;
const IPV6_GROUPS = 8;

/** Parses an IPv4 or IPv6 address, without brackets, port or zone. @returns `undefined` for anything else */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  // An IPv4 address may stand in the last two groups.
  const lastColon = text.lastIndexOf(":");
  const tail = text.slice(lastColon + 1);
  if (tail.includes(".")) {
    const mapped = parseIpv4(tail);
    if (mapped === undefined) return undefined;
    const low = mapped & 0xffffffffn;
    const groups = `${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
    return parseAddress(`${text.slice(0, lastColon + 1)}${groups}`);
  }
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], rest] = halves.map((half) => half === "" ? [] : half.split(":"));
  const missing = IPV6_GROUPS - head.length - (rest?.length ?? 0);
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = rest === undefined ? head : [...head, ...Array(missing).fill("0"), ...rest];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

function parseIpv4(text: string): Address | undefined {
  const parts = IPV4.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return MAPPED | parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** Parses an address or a CIDR range, such as `10.0.0.0/8`. @returns `undefined` for anything else */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [base = "", prefix, ...more] = text.split("/");
  const address = parseAddress(base);
  if (address === undefined || more.length > 0) return undefined;
  if (prefix === undefined) return { from: address, to: address };
  const width = base.includes(":") ? 128 : 32;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > width) return undefined;
  const hostBits = BigInt(width - Number(prefix));
  const from = (address >> hostBits) << hostBits;
  return { from, to: from | ((1n << hostBits) - 1n) };
}

/**
 * Parses the value of `TRUSTED_PROXIES`: addresses and CIDR ranges, separated by commas.
 *
 * @returns the ranges; or a refusal with the first entry that is neither, or with a sentence when there are more than
 * {@link MAX_TRUSTED_PROXIES}
 */
export function parseTrustedProxies(text: string): Result<readonly AddressRange[], string> {
  const entries = text.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
  if (entries.length > MAX_TRUSTED_PROXIES) {
    return refuse(`more than ${MAX_TRUSTED_PROXIES} entries`);
  }
  const ranges: AddressRange[] = [];
  for (const entry of entries) {
    const range = parseAddressRange(entry);
    if (range === undefined) return refuse(entry);
    ranges.push(range);
  }
  return ok(ranges);
}

function isTrusted(address: Address, trusted: readonly AddressRange[]): boolean {
  return trusted.some(({ from, to }) => from <= address && address <= to);
}

/**
 * Finds the address of a request's client. It is the other end of the connection; if that is a trusted proxy, it is the
 * last entry of `X-Forwarded-For` that is not a trusted proxy. Earlier entries come from the client and prove nothing.
 *
 * @param remote the address of the other end of the connection
 * @param forwardedFor the value of `X-Forwarded-For`
 * @returns the address as text, without a port; `unknown` when `remote` is `undefined`
 */
export function clientAddress(
  remote: string | undefined,
  forwardedFor: string | undefined,
  trusted: readonly AddressRange[],
): string {
  let client = remote ?? "unknown";
  if (forwardedFor === undefined) return client;
  const entries = forwardedFor.split(",").slice(-MAX_FORWARDED_ENTRIES).reverse();
  for (const entry of entries) {
    const current = parseAddress(client);
    if (current === undefined || !isTrusted(current, trusted)) return client;
    const next = withoutPort(entry.trim());
    if (parseAddress(next) === undefined) return client;
    client = next;
  }
  return client;
}

/** `192.0.2.1:4711` and `[2001:db8::1]:4711` without the port, which some proxies write. */
function withoutPort(entry: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d+)?|([^:]*)(?::\d+)?)$/.exec(entry) ?? [];
  return bracketed ?? plain ?? entry;
}

/**
 * Returns a key for the network of an address, by which failed guesses of credentials are counted: the /24 of an IPv4
 * address, the /56 of an IPv6 address. The key is not a readable address. A text that is not an address is its own key.
 */
export function networkOf(address: string): string {
  const value = parseAddress(address);
  if (value === undefined) return address;
  const isIpv4 = value >> 32n === 0xffffn;
  return `${value >> (isIpv4 ? 8n : 72n)}/${isIpv4 ? 24 : 56}`;
}
