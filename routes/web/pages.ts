/**
 * The table of the pages: their addresses and methods, and what a visitor needs to see each. The access middleware reads
 * it, and a page that is not in it does not answer.
 */

/** What a visitor needs for a page. */
export type Need =
  /** Nothing: everybody may see it. */
  | "nothing"
  /** A session of which the second factor may be outstanding. */
  | "first-factor"
  /** A session with both factors. */
  | "session";

/** The methods of pages: `GET` shows, `POST` is sent by a form. */
export type PageMethod = "GET" | "POST";

/** An address of the web application. */
export interface Page {
  /** The address, with the parameters as Hono writes them. */
  readonly path: string;
  readonly methods: readonly PageMethod[];
  readonly needs: Need;
}

const SHOWN = ["GET"] as const;
const POSTED = ["POST"] as const;

/** The pages by name. */
export const PAGES = {
  home: { path: "/", methods: SHOWN, needs: "nothing" },
  preferences: { path: "/preferences", methods: POSTED, needs: "nothing" },
  privacy: { path: "/privacy", methods: SHOWN, needs: "nothing" },
  cookies: { path: "/cookies", methods: SHOWN, needs: "nothing" },
  accessibility: { path: "/accessibility", methods: SHOWN, needs: "nothing" },
} as const satisfies Readonly<Record<string, Page>>;

/** Where the style sheet and the scripts of the pages are. */
export const ASSETS_PATH = "/assets/:file";

/** What {@link findPage} finds at an address. */
export type FoundPage =
  | {
    readonly kind: "page";
    readonly page: Page;
    readonly params: Readonly<Record<string, string>>;
  }
  /** The page has no such method. */
  | { readonly kind: "other-method"; readonly page: Page }
  | { readonly kind: "none" };

const PATTERNS = Object.values(PAGES).map((page: Page) => ({
  page,
  pattern: patternOf(page.path),
}));

/** Finds the page of an address. Fixed segments win over parameters, as the table has them first. */
export function findPage(method: string, path: string): FoundPage {
  for (const { page, pattern } of PATTERNS) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const shown = method === "HEAD" ? "GET" : method;
    if (!page.methods.some((one) => one === shown)) return { kind: "other-method", page };
    return { kind: "page", page, params: { ...match.groups } };
  }
  return { kind: "none" };
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:([a-z_]+)/g, "(?<$1>[^/]+)")}$`);
}
