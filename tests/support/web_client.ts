/** People before the pages of an application under test, without a browser: cookies, forms and messages. */
import type { MailboxEntry } from "../../domain/ports/mailbox.ts";
import type { TestFetch } from "./http.ts";

/** The application that a client calls. */
export interface WebApplication {
  readonly request: TestFetch;
  /** What the sandbox got, the newest first. */
  sent(): Promise<readonly MailboxEntry[]>;
  /** Delivers what is due. */
  settle(): Promise<void>;
}

/** An answer of a page. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where the answer leads. */
  readonly location: string | null;
}

/** The fields of a form. A list stands for several fields of one name. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** A person's browser: it keeps cookies and follows nothing by itself. */
export interface WebClient {
  /** The cookies by name. */
  readonly cookies: Map<string, string>;
  get(path: string, headers?: HeadersInit): Promise<PageAnswer>;
  /** Sends a form with the token of the session, which it reads from the page at the same address or `from`. */
  post(path: string, fields: Fields, options?: PostOptions): Promise<PageAnswer>;
}

/** How a form is sent. */
export interface PostOptions {
  /** The page that has the form; the address that it is sent to by default. */
  readonly from?: string;
  /** The hidden fields of the page that are not sent. */
  readonly without?: readonly string[];
  readonly headers?: HeadersInit;
}

const ORIGIN = "http://hark.test";

/** Opens a browser before an application. */
export function openClient(
  { request }: Pick<WebApplication, "request">,
  language = "en",
): WebClient {
  const cookies = new Map<string, string>([["hark_language", language]]);

  async function call(path: string, init: RequestInit): Promise<PageAnswer> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = new Headers(init.headers);
    if (!headers.has("cookie")) headers.set("cookie", cookie);
    const answer = await request(path, { ...init, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return {
      status: answer.status,
      headers: answer.headers,
      text: await answer.text(),
      location: answer.headers.get("location"),
    };
  }

  const get = (path: string, headers: HeadersInit = {}) => call(path, { headers });
  return {
    cookies,
    get,
    async post(path, fields, { from = path, without = [], headers = {} } = {}) {
      const page = await get(from);
      const body = new URLSearchParams();
      for (const [name, value] of hiddenFields(page.text, path)) {
        if (!without.includes(name) && !(name in fields)) body.append(name, value);
      }
      for (const [name, value] of Object.entries(fields)) {
        for (const one of typeof value === "string" ? [value] : value) body.append(name, one);
      }
      return await call(path, {
        method: "POST",
        headers: { origin: ORIGIN, ...Object.fromEntries(new Headers(headers)) },
        body,
      });
    },
  };
}

/** The hidden fields of the form of a page that is sent to a path: the last form without an address, or with this one. */
function hiddenFields(page: string, path: string): readonly (readonly [string, string])[] {
  const main = /<main[^]*<\/main>/.exec(page)?.[0] ?? "";
  const forms = [...main.matchAll(/<form([^>]*)>([^]*?)<\/form>/g)];
  const form = forms.find(([, attributes = ""]) => {
    const action = /action="([^"]*)"/.exec(attributes)?.[1];
    return attributes.includes("post") && (action === undefined || action === path);
  });
  // A form of another page, such as the one for signing out, needs the token only.
  const fields = form?.[2] ?? /<input[^>]*name="csrf_token"[^>]*>/.exec(page)?.[0] ?? "";
  return [...fields.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
    ([, name = "", value = ""]) => [name, value.replaceAll("&amp;", "&")] as const,
  );
}

/** A person with an account. */
export const ANN = {
  name: "Ann Clerk",
  email: "ann.clerk@dept.gov.example",
  password: "violet kettle under snow",
  mobile: "07900 900123",
} as const;

/** What registering needs of a person. */
export type WebPerson = { readonly [K in keyof typeof ANN]: string };

/** Returns what a pattern matches in the newest message to a recipient whose address ends so. */
export async function received(
  application: WebApplication,
  to: string,
  pattern: RegExp,
): Promise<string> {
  await application.settle();
  for (const message of await application.sent()) {
    const match = String(message.to).endsWith(to) ? pattern.exec(message.text)?.[1] : undefined;
    if (match !== undefined) return match;
  }
  throw new Error(`no message to ${to} matches ${pattern}`);
}

/** The code in a text message. */
export const CODE = /\b(\d{6})\b/;

/** The last digits of a number, by which its messages are found. */
export function endOf(mobile: string): string {
  return mobile.replaceAll(" ", "").slice(-9);
}

/** Registers a person through the pages, with the second factor. Returns their browser, signed in. */
export async function registerPerson(
  application: WebApplication,
  person: WebPerson = ANN,
): Promise<WebClient> {
  const client = openClient(application);
  const asked = await client.post("/register/sent", { email_address: person.email }, {
    from: "/register",
  });
  if (asked.status !== 200) throw new Error(`not registered: ${asked.status} ${asked.text}`);
  const path = await received(application, person.email, /(\/register\/[\w-]+)/);
  await client.post(path, {
    name: person.name,
    password: person.password,
    mobile_number: person.mobile,
  });
  const code = await received(application, endOf(person.mobile), CODE);
  const done = await client.post("/sign-in/code", { code });
  if (!done.location?.startsWith("/services")) {
    throw new Error(`not signed in: ${done.status} ${done.text}`);
  }
  return client;
}

/** Creates a service through the pages. Returns the path of its overview. */
export async function createService(client: WebClient, name = "Vehicle tax"): Promise<string> {
  const created = await client.post("/services/new", {
    name,
    purpose: "Reminders to drivers",
    channels: ["sms", "email"],
  });
  if (created.location === null) throw new Error(`no service: ${created.status} ${created.text}`);
  return created.location;
}
