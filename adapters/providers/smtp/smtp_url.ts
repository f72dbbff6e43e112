import { isLoopbackHost } from "../../../domain/access/loopback.ts";
import type { SmtpSettings } from "./transport.ts";

/** The ports that a URL without one stands for (RFC 8314). */
const DEFAULT_PORTS = { "smtps:": 465, "smtp:": 587 } as const;

/**
 * Parses `SMTP_URL`: `smtps://user:password@host:465` for TLS from the start, `smtp://…:587` for STARTTLS, which is then
 * required unless the host is this machine. User and password are percent-encoded; both may be left out. `undefined`
 * for any other text, also for one with a path or parameters.
 */
export function parseSmtpUrl(text: string): SmtpSettings | undefined {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "smtps:" && url.protocol !== "smtp:") return undefined;
  if (!["", "/"].includes(url.pathname) || url.search !== "" || url.hash !== "") return undefined;
  if (!/^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/i.test(url.hostname)) {
    return undefined;
  }
  const user = decode(url.username);
  const password = decode(url.password);
  if (user === undefined || password === undefined || (user === "") !== (password === "")) {
    return undefined;
  }
  const port = url.port === "" ? DEFAULT_PORTS[url.protocol] : Number(url.port);
  if (port === 0) return undefined;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    tls: url.protocol === "smtps:"
      ? "implicit"
      : isLoopbackHost(url.hostname)
      ? "none"
      : "starttls",
    login: user === "" ? undefined : { user, password },
  };
}

/** Control characters are refused: a NUL would end the user's name in AUTH PLAIN. */
function decode(part: string): string | undefined {
  try {
    const text = decodeURIComponent(part);
    return /\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
