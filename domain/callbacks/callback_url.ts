/** Which URLs may be set for callbacks. */
import { parseAddress } from "../access/client_address.ts";
import { isLoopbackHost } from "../access/loopback.ts";
import { ok, refuse, type Result } from "../result.ts";
import { isPublicAddress } from "./public_address.ts";

/** The longest URL of a callback, in characters. */
export const MAX_CALLBACK_URL = 2_000;
/** The most hosts that the environment variable `CALLBACK_ALLOW` can name; a longer list is refused. */
export const MAX_ALLOWED_HOSTS = 100;
const HTTPS_PORT = "443";
const HTTP_PORT = "80";

/** The hosts that callbacks may reach over http too, at private addresses and at any port: the operator names them. */
export interface CallbackAllowance {
  /** `host:port`, as {@link parseAllowedHosts} returns them. */
  readonly hosts: ReadonlySet<string>;
  /** Whether callbacks may reach this machine (a loopback address) at every port: for development. */
  readonly loopback: boolean;
}

/** A URL that passed {@link parseCallbackUrl}. */
export interface CallbackTarget {
  readonly url: URL;
  /** Whether the allowance has the host, so that the addresses of its name are not checked. */
  readonly isAllowed: boolean;
}

/**
 * Names below these are of no public host: special-use names (RFC 6761, 6762, 8375) and names that private networks
 * use.
 */
const INTERNAL_NAMES =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|onion|arpa)$/;
/** `a.example`, as the URL parser writes names: IDNs in their ASCII form. The last label has a letter. */
const PUBLIC_NAME =
  /^(?=.{4,253}$)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)+(?=[a-z0-9-]*[a-z])(?!-)[a-z0-9-]{2,63}(?<!-)$/;

/** The host of a URL without brackets and without the dot at its end, and the port that is connected to. */
function hostAndPort({ hostname, port, protocol }: URL): string {
  const host = hostname.replace(/\.$/, "");
  return `${host}:${port === "" ? protocol === "http:" ? HTTP_PORT : HTTPS_PORT : port}`;
}

/**
 * Parses a URL for callbacks. It must be https at a public host and port 443, and have no credentials and no fragment.
 * A host of `allowance` need not be public, and may use http and any port. The addresses of a name are checked later,
 * when it is connected to.
 *
 * @returns the URL; or a refusal with what the URL must be, which follows the field's name in a sentence
 */
export function parseCallbackUrl(
  text: string,
  allowance: CallbackAllowance,
): Result<CallbackTarget, string> {
  if (text.length > MAX_CALLBACK_URL) {
    return refuse(`must have at most ${MAX_CALLBACK_URL} characters`);
  }
  // The parser of URLs drops tabs, line breaks and blanks around, and turns \ into /.
  if (/[\s\\\p{Cc}]/u.test(text) || !URL.canParse(text)) return refuse("must be a URL");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return refuse("must be an https URL");
  if (url.username !== "" || url.password !== "" || /^[a-z]+:\/*[^/?#]*@/i.test(text)) {
    return refuse("must have no credentials");
  }
  if (text.includes("#")) return refuse("must have no fragment");
  const isAllowed = allowance.hosts.has(hostAndPort(url)) ||
    (allowance.loopback && isLoopbackHost(url.hostname));
  if (isAllowed) return ok({ url, isAllowed });
  if (url.protocol !== "https:") return refuse("must be an https URL");
  if (url.port !== "") return refuse(`must have port ${HTTPS_PORT}`);
  return isPublicHost(url.hostname)
    ? ok({ url, isAllowed })
    : refuse("must be at a public host: private, local and reserved ones are refused");
}

function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  if (parseAddress(host) !== undefined) return isPublicAddress(host);
  return PUBLIC_NAME.test(host) && !INTERNAL_NAMES.test(host);
}

/**
 * Parses the value of `CALLBACK_ALLOW`: hosts with their ports, separated by commas, such as `127.0.0.1:9000`.
 *
 * @returns the hosts; or a refusal with the first entry that is not one, or a sentence when there are more than
 * {@link MAX_ALLOWED_HOSTS}
 */
export function parseAllowedHosts(text: string): Result<ReadonlySet<string>, string> {
  const entries = text.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
  if (entries.length > MAX_ALLOWED_HOSTS) return refuse(`more than ${MAX_ALLOWED_HOSTS} entries`);
  const hosts = new Set<string>();
  for (const entry of entries) {
    const hasPort = /^(?:\[[0-9a-f:.]+\]|[\p{L}\p{N}._-]+):[0-9]{1,5}$/iu.test(entry);
    if (!hasPort || !URL.canParse(`http://${entry}/`)) return refuse(entry);
    hosts.add(hostAndPort(new URL(`http://${entry}/`)));
  }
  return ok(hosts);
}
