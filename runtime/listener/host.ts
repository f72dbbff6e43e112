/** The longest host name, in characters (RFC 1035 2.3.4). */
const MAX_HOST_LENGTH = 255;

/** `uri-host [":" port]` of RFC 9110 7.2: a name, an IPv4 address, or an IPv6 address in brackets. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9.])?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i;
const MAX_PORT = 65_535;

/** The body of the answer, 400, to a request without a valid `Host` header. */
export const REFUSED_HOST = "The Host header must be a host name with an optional port.\n";

/** Whether a `Host` header is well-formed. Anything else could change the path or the query of the request's URL. */
export function isHost(header: string | undefined): boolean {
  if (header === undefined || header.length > MAX_HOST_LENGTH || !HOST.test(header)) return false;
  const port = /:([0-9]+)$/.exec(header.replace(/^\[.*\]/, ""))?.[1];
  return port === undefined || Number(port) <= MAX_PORT;
}
