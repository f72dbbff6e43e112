import { EN_ACCOUNT } from "./en_account.ts";
import { EN_CALLBACKS } from "./en_callbacks.ts";
import { EN_GO_LIVE } from "./en_go_live.ts";
import { EN_SEND } from "./en_send.ts";
import { EN_LISTS } from "./en_lists.ts";
import { EN_MESSAGES } from "./en_messages.ts";
import { EN_OUTCOMES } from "./en_outcomes.ts";
import { EN_SERVICES } from "./en_services.ts";
import { EN_SETTINGS } from "./en_settings.ts";
import { EN_SIGN_IN } from "./en_sign_in.ts";
import { EN_EDITOR } from "./en_editor.ts";
import { EN_PRICES } from "./en_prices.ts";
import { EN_TEMPLATES } from "./en_templates.ts";
import { EN_TEAM } from "./en_team.ts";
import { EN_TOKENS } from "./en_tokens.ts";
import { createPlural, type PluralForms } from "./plural.ts";

const plural = (forms: PluralForms) => createPlural("en", forms);

/** The English texts. */
export const EN = {
  ...EN_SIGN_IN,
  ...EN_SERVICES,
  ...EN_SEND,
  ...EN_MESSAGES,
  ...EN_OUTCOMES,
  ...EN_TEAM,
  ...EN_TEMPLATES,
  ...EN_EDITOR,
  ...EN_PRICES,
  ...EN_TOKENS,
  ...EN_ACCOUNT,
  ...EN_CALLBACKS,
  ...EN_GO_LIVE,
  ...EN_SETTINGS,
  ...EN_LISTS,
  languageName: "English",
  shell: {
    skip: "Skip to main content",
    services: "Services",
    tokens: "Tokens",
    account: "Your account",
    signIn: "Sign in",
    signOut: "Sign out",
    register: "Register",
    service: "Service",
    person: "Account",
    theme: "Theme",
    themes: { system: "System", light: "Light", dark: "Dark" },
    language: "Language",
    about: "About this site",
    privacy: "Privacy",
    cookies: "Cookies",
    accessibility: "Accessibility",
    terms: "Terms of use",
    errorPrefix: "Error: ",
    summary: "There is a problem",
    mailbox: "Open the mailbox",
    mailboxHint: "This is a development server: nothing it sends leaves this machine.",
  },
  pages: { title: "Pages", newer: "Newer", older: "Older" },
  home: {
    title: "Text messages and emails for public services",
    lead:
      "Hark sends your service’s text messages and emails, and tells you what became of each of them.",
    register: "Register",
    signIn: "Sign in",
    points: [
      [
        "Write a template once",
        "Your team writes the words. Each person’s name, date or number goes where you say.",
      ],
      [
        "Send from a list or from your system",
        "Upload a spreadsheet, or let your system call the API. GOV.UK Notify’s clients work with it.",
      ],
      [
        "See what was delivered",
        "Each message has its status and the reason when it failed.",
      ],
    ],
    firstCall: "The API’s first call",
    firstCallHint: "An API key comes with your service, in trial mode, in a few minutes.",
    noUserTitle: "Hark is running. It has no users yet",
    noUserLead: "Make the first operator, who can then invite everybody else.",
    noUserCommand: "In Hark’s folder, run this with your own email address:",
    noUserCall: "On Cloudflare Workers, call the management API instead:",
    noUserThen: "Either prints a link. It works once, for an hour.",
  },
  errors: {
    requestId: (id: string) => `If you report this problem, mention the request ${id}.`,
    home: "Go to the start page",
    403: {
      title: "You cannot do this",
      text: [
        "Your account does not have the permission that this page needs, or the form was not sent from this site.",
        "Go back, reload the page and try again. If it happens again, ask a person who manages your team.",
      ],
    },
    404: {
      title: "Page not found",
      text: [
        "If you typed the address, check that it is right. If you pasted it, check that you copied all of it.",
        "If it is a page of a service, you may not be in its team: ask a person who is.",
      ],
    },
    410: {
      title: "This link no longer works",
      text: ["It was used before, or it is too old.", "Ask for a new link where you got this one."],
    },
    413: {
      title: "The form is too large",
      text: ["What was sent is more than this page can take.", "Go back and shorten it."],
    },
    429: {
      title: "Too many attempts",
      text: [
        "Too many attempts came from your network in a short time.",
        "Wait 15 minutes, then try again.",
      ],
    },
    500: {
      title: "Something went wrong",
      text: ["The fault is ours, and it has been recorded.", "Try again in a few minutes."],
    },
    503: {
      title: "Hark is busy",
      text: [
        "Hark cannot answer at the moment.",
        "Go back and try again in a few seconds. What you typed is still in the form.",
      ],
    },
  },
  legal: {
    stored: "What Hark stores",
    privacyTitle: "Privacy",
    privacyLead:
      "This page is about the people who use these pages. Each service answers for the messages that it sends.",
    privacyYou:
      "Your name, email address and mobile number: encrypted, for as long as you have an account.",
    privacyPassword: "Your password: only as a hash, from which it cannot be read.",
    privacySessions:
      "The browser and network address of each sign-in: encrypted, until the session ends.",
    privacyAudit:
      "What you did in a service: your account, the action and the time, without anybody’s personal data.",
    privacyMessages: (sms: string, email: string) =>
      `Messages: encrypted, with a key for each service. They are deleted after ${sms} for text messages and ${email} for emails, unless a service chose another time. When each was sent and what became of it stays for another year, without the recipient and the content.`,
    who: "Who reads it",
    whoText:
      "Your team sees your name and email address. Operators of this deployment see the same. Your mobile number is used for sign-in codes and for test messages to you. It is shown to you, and on the guest list to those who may manage your service, operators among them. The providers that deliver text messages and emails get the recipient and the content.",
    rights: "Your rights",
    rightsText: (contact: string) =>
      `You can change your details on your account’s page. To have them deleted, or to ask a question, write to ${contact}.`,
    cookiesTitle: "Cookies",
    cookiesLead:
      "Hark uses only the cookies that it needs. It does not follow you, and no other site sets cookies here.",
    cookieName: "Name",
    cookiePurpose: "Purpose",
    cookieExpires: "Expires",
    cookieSession: "Keeps you signed in",
    cookieRemembered: "Remembers this browser, when you ask for it, so that no code is asked for",
    cookieForm: "Keeps what you typed while you sign in again",
    cookieLanguage: "Your language",
    cookieTheme: "Light or dark colours",
    hours: plural({ one: "{n} hour", other: "{n} hours" }),
    days: plural({ one: "{n} day", other: "{n} days" }),
    accessibilityTitle: "Accessibility",
    accessibilityLead: "Everybody who works for a service should be able to use these pages.",
    accessibilityPoints: [
      "They work by keyboard alone, and with a screen reader.",
      "They work without JavaScript, and on a screen 320 pixels wide.",
      "They follow your browser’s text size, colours and setting for reduced motion.",
      "Their automated tests check the rules of WCAG 2.2, level AA, on each page, in each language, light and dark.",
    ],
    accessibilityContact: (contact: string) =>
      `If something does not work for you, write to ${contact}: say which page it was, and what you use.`,
  },
} as const;
