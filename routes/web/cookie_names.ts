/** The cookie of the session. */
const SESSION_NAME = "hark";
/** The cookie of a browser that is remembered, so that it needs no second factor. */
const BROWSER_NAME = "hark_browser";

/** The cookies of a deployment, with the names that they have there. */
export interface Cookies {
  readonly sessionName: string;
  readonly browserName: string;
  /** Whether cookies are sent over TLS only. */
  readonly isSecure: boolean;
}

/**
 * The cookies of a deployment at an address. Over TLS their names begin with `__Host-`, so that no other host can set
 * them.
 */
export function cookiesOf(root: string): Cookies {
  const isSecure = root.startsWith("https:");
  const prefix = isSecure ? "__Host-" : "";
  return {
    sessionName: `${prefix}${SESSION_NAME}`,
    browserName: `${prefix}${BROWSER_NAME}`,
    isSecure,
  };
}
