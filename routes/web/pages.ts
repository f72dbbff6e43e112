/**
 * The table of the pages: their addresses and methods, and what a visitor needs to see each. The access middleware reads
 * it, and a page that is not in it does not answer.
 */
import type { Permission } from "../../domain/accounts/roles.ts";

/** What a visitor needs for a page. */
export type Need =
  /** Nothing: everybody may see it. */
  | "nothing"
  /** A session of which the second factor may be outstanding. */
  | "first-factor"
  /** A session with both factors. */
  | "session"
  /** Such a session of an operator. */
  | "operator"
  /** Such a session, and this permission in the service that the address names. */
  | Permission;

/** The methods of pages: `GET` shows, `POST` is sent by a form. */
export type PageMethod = "GET" | "POST";

/** An address of the web application. */
export interface Page {
  /** The address, with the parameters as Hono writes them. */
  readonly path: string;
  readonly methods: readonly PageMethod[];
  readonly needs: Need;
  /** Whether password and second factor must have been given within 15 minutes. */
  readonly recent?: true;
  /** Whether its form is for an archived service too, which is otherwise read only: a search, or what restores it. */
  readonly archived?: true;
}

const SHOWN = ["GET"] as const;
const POSTED = ["POST"] as const;
const FORM = ["GET", "POST"] as const;

/** The pages by name. A fixed segment stands before a parameter in the same place. */
export const PAGES = {
  home: { path: "/", methods: SHOWN, needs: "nothing" },
  preferences: { path: "/preferences", methods: POSTED, needs: "nothing" },
  privacy: { path: "/privacy", methods: SHOWN, needs: "nothing" },
  cookies: { path: "/cookies", methods: SHOWN, needs: "nothing" },
  accessibility: { path: "/accessibility", methods: SHOWN, needs: "nothing" },

  register: { path: "/register", methods: SHOWN, needs: "nothing" },
  registerSent: { path: "/register/sent", methods: FORM, needs: "nothing" },
  registerLink: { path: "/register/:token", methods: FORM, needs: "nothing" },
  operatorLink: { path: "/operators/:token", methods: FORM, needs: "nothing" },

  signIn: { path: "/sign-in", methods: FORM, needs: "nothing" },
  signInDemo: { path: "/sign-in/demo", methods: POSTED, needs: "nothing" },
  signInCode: { path: "/sign-in/code", methods: FORM, needs: "first-factor" },
  signInNewCode: { path: "/sign-in/code/new", methods: POSTED, needs: "first-factor" },
  signInNumber: { path: "/sign-in/number", methods: FORM, needs: "first-factor" },
  signInApp: { path: "/sign-in/app", methods: FORM, needs: "first-factor" },
  forgotten: { path: "/sign-in/forgotten", methods: FORM, needs: "nothing" },
  newPassword: { path: "/sign-in/new-password/:token", methods: FORM, needs: "nothing" },
  signOut: { path: "/sign-out", methods: POSTED, needs: "first-factor" },

  services: { path: "/services", methods: SHOWN, needs: "session" },
  newService: { path: "/services/new", methods: FORM, needs: "session" },
  service: { path: "/services/:service_id", methods: SHOWN, needs: "see-overview" },
  send: { path: "/services/:service_id/send", methods: SHOWN, needs: "send" },
  sendOne: {
    path: "/services/:service_id/templates/:template_id/send",
    methods: FORM,
    needs: "send",
  },
  sendOneMail: {
    path: "/services/:service_id/templates/:template_id/send/mail",
    methods: POSTED,
    needs: "send",
  },
  sentOne: { path: "/services/:service_id/sent/:notification_id", methods: SHOWN, needs: "send" },
  purpose: { path: "/services/:service_id/purpose", methods: FORM, needs: "change-settings" },
  keys: { path: "/services/:service_id/keys", methods: SHOWN, needs: "change-keys" },
  newKey: {
    path: "/services/:service_id/keys/new",
    methods: FORM,
    needs: "change-keys",
    recent: true,
  },
  revokeKey: {
    path: "/services/:service_id/keys/:key_id/revoke",
    methods: FORM,
    needs: "change-keys",
    recent: true,
  },
  guests: { path: "/services/:service_id/guests", methods: FORM, needs: "change-settings" },
  team: { path: "/services/:service_id/team", methods: SHOWN, needs: "see-overview" },
  invite: {
    path: "/services/:service_id/team/invite",
    methods: FORM,
    needs: "change-team",
    recent: true,
  },
  changeInvitation: {
    path: "/services/:service_id/team/invitations/:invitation_id",
    methods: POSTED,
    needs: "change-team",
    recent: true,
  },
  member: {
    path: "/services/:service_id/team/:user_id",
    methods: FORM,
    needs: "change-team",
    recent: true,
  },
  invitation: { path: "/invitations/:token", methods: FORM, needs: "nothing" },

  templates: { path: "/services/:service_id/templates", methods: SHOWN, needs: "see-overview" },
  chosenTemplates: {
    path: "/services/:service_id/templates/chosen",
    methods: POSTED,
    needs: "change-templates",
  },
  newTemplate: {
    path: "/services/:service_id/templates/new",
    methods: FORM,
    needs: "change-templates",
  },
  previewTemplate: {
    path: "/services/:service_id/templates/preview",
    methods: POSTED,
    needs: "change-templates",
  },
  previewMail: {
    path: "/services/:service_id/templates/preview/mail",
    methods: POSTED,
    needs: "change-templates",
  },
  newFolder: {
    path: "/services/:service_id/templates/folders/new",
    methods: FORM,
    needs: "change-templates",
  },
  folder: {
    path: "/services/:service_id/templates/folders/:folder_id",
    methods: FORM,
    needs: "change-templates",
  },
  template: {
    path: "/services/:service_id/templates/:template_id",
    methods: SHOWN,
    needs: "see-overview",
  },
  templateMail: {
    path: "/services/:service_id/templates/:template_id/mail",
    methods: SHOWN,
    needs: "see-overview",
  },
  editTemplate: {
    path: "/services/:service_id/templates/:template_id/edit",
    methods: FORM,
    needs: "change-templates",
  },
  templateState: {
    path: "/services/:service_id/templates/:template_id/state",
    methods: POSTED,
    needs: "change-templates",
  },
  testTemplate: {
    path: "/services/:service_id/templates/:template_id/test",
    methods: FORM,
    needs: "send",
  },
  templateHistory: {
    path: "/services/:service_id/templates/:template_id/history",
    methods: SHOWN,
    needs: "see-overview",
  },
  templateVersion: {
    path: "/services/:service_id/templates/:template_id/history/:version",
    methods: SHOWN,
    needs: "see-overview",
  },
  restoreVersion: {
    path: "/services/:service_id/templates/:template_id/history/:version/restore",
    methods: POSTED,
    needs: "change-templates",
  },

  settings: { path: "/services/:service_id/settings", methods: FORM, needs: "change-settings" },
  senders: {
    path: "/services/:service_id/settings/senders",
    methods: POSTED,
    needs: "change-settings",
  },
  replyTo: { path: "/reply-to/:token", methods: FORM, needs: "nothing" },
  archive: {
    path: "/services/:service_id/archive",
    methods: FORM,
    needs: "change-settings",
  },
  restore: {
    path: "/services/:service_id/restore",
    methods: POSTED,
    needs: "change-settings",
    archived: true,
  },
  callbacks: {
    path: "/services/:service_id/callbacks",
    methods: SHOWN,
    needs: "change-keys",
  },
  callback: {
    path: "/services/:service_id/callbacks/:kind",
    methods: FORM,
    needs: "change-keys",
  },
  goLive: { path: "/services/:service_id/go-live", methods: FORM, needs: "change-settings" },
  sendList: {
    path: "/services/:service_id/templates/:template_id/list",
    methods: FORM,
    needs: "send",
  },
  listExample: {
    path: "/services/:service_id/templates/:template_id/list/example.csv",
    methods: SHOWN,
    needs: "send",
  },
  listDraft: {
    path: "/services/:service_id/lists/drafts/:draft_id",
    methods: FORM,
    needs: "send",
  },
  listErrors: {
    path: "/services/:service_id/lists/drafts/:draft_id/errors.csv",
    methods: SHOWN,
    needs: "send",
  },
  list: { path: "/services/:service_id/lists/:job_id", methods: SHOWN, needs: "see-overview" },
  listProgress: {
    path: "/services/:service_id/lists/:job_id/progress",
    methods: SHOWN,
    needs: "see-overview",
  },
  changeList: {
    path: "/services/:service_id/lists/:job_id/change",
    methods: POSTED,
    needs: "send",
  },

  messages: {
    path: "/services/:service_id/messages",
    methods: FORM,
    needs: "see-overview",
    archived: true,
  },
  messagesCsv: {
    path: "/services/:service_id/messages.csv",
    methods: SHOWN,
    needs: "see-overview",
  },
  message: {
    path: "/services/:service_id/messages/:message_id",
    methods: SHOWN,
    needs: "see-overview",
  },
  messageContent: {
    path: "/services/:service_id/messages/:message_id/content",
    methods: SHOWN,
    needs: "see-messages",
  },
  cancelMessage: {
    path: "/services/:service_id/messages/:message_id/cancel",
    methods: FORM,
    needs: "send",
  },
  resendMessage: {
    path: "/services/:service_id/messages/:message_id/resend",
    methods: FORM,
    needs: "send",
  },
  suppressRecipient: {
    path: "/services/:service_id/messages/:message_id/suppress",
    methods: FORM,
    needs: "send",
  },

  replies: { path: "/services/:service_id/replies", methods: SHOWN, needs: "see-messages" },
  conversation: {
    path: "/services/:service_id/replies/:conversation",
    methods: SHOWN,
    needs: "see-messages",
  },
  lists: { path: "/services/:service_id/lists", methods: SHOWN, needs: "see-overview" },
  suppressed: {
    path: "/services/:service_id/suppressed",
    methods: SHOWN,
    needs: "see-messages",
  },
  suppressedCsv: {
    path: "/services/:service_id/suppressed.csv",
    methods: SHOWN,
    needs: "see-messages",
  },
  liftSuppression: {
    path: "/services/:service_id/suppressed/:suppression_id",
    methods: FORM,
    needs: "send",
  },
  unsubscribed: {
    path: "/services/:service_id/unsubscribed",
    methods: SHOWN,
    needs: "see-messages",
  },
  unsubscribedCsv: {
    path: "/services/:service_id/unsubscribed.csv",
    methods: SHOWN,
    needs: "see-messages",
  },

  audit: { path: "/services/:service_id/audit", methods: SHOWN, needs: "see-audit" },
  auditCsv: { path: "/services/:service_id/audit.csv", methods: SHOWN, needs: "see-audit" },

  tokens: { path: "/operator/tokens", methods: SHOWN, needs: "operator" },
  newToken: { path: "/operator/tokens/new", methods: FORM, needs: "operator", recent: true },
  revokeToken: {
    path: "/operator/tokens/:token_id/revoke",
    methods: FORM,
    needs: "operator",
    recent: true,
  },

  goLiveRequests: { path: "/operator/go-live", methods: SHOWN, needs: "operator" },
  goLiveRequest: {
    path: "/operator/go-live/:request_id",
    methods: FORM,
    needs: "operator",
    recent: true,
  },

  account: { path: "/account", methods: SHOWN, needs: "session" },
  accountName: { path: "/account/name", methods: FORM, needs: "session" },
  accountEmail: { path: "/account/email", methods: FORM, needs: "session", recent: true },
  accountEmailLink: { path: "/account/email/:token", methods: FORM, needs: "nothing" },
  accountMobile: { path: "/account/mobile", methods: FORM, needs: "session", recent: true },
  accountPassword: { path: "/account/password", methods: FORM, needs: "session", recent: true },
  accountApp: { path: "/account/app", methods: FORM, needs: "session", recent: true },
  accountCodes: { path: "/account/recovery-codes", methods: FORM, needs: "session", recent: true },
  accountSessions: { path: "/account/sessions", methods: POSTED, needs: "session" },
  deactivate: { path: "/account/deactivate", methods: FORM, needs: "session", recent: true },
  confirm: { path: "/account/confirm", methods: FORM, needs: "session" },
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

/** Finds the page of an address, the first in the table's order. */
export function findPage(method: string, path: string): FoundPage {
  const shown = method === "HEAD" ? "GET" : method;
  for (const { page, pattern } of PATTERNS) {
    const match = pattern.exec(path);
    if (match === null) continue;
    if (!page.methods.some((one) => one === shown)) return { kind: "other-method", page };
    return { kind: "page", page, params: { ...match.groups } };
  }
  return { kind: "none" };
}

/** Puts values into the parameters of a page's address. */
export function pathOf(page: Page, values: Readonly<Record<string, string>>): string {
  return page.path.replaceAll(/:([a-z_]+)/g, (_, name) => encodeURIComponent(values[name] ?? ""));
}

function patternOf(path: string): RegExp {
  const escaped = path.replaceAll(".", "\\.");
  return new RegExp(`^${escaped.replaceAll(/:([a-z_]+)/g, "(?<$1>[^/]+)")}$`);
}
