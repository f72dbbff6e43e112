/** The environment variables of accounts. */
import { isSupportedCountry } from "libphonenumber-js/max";
import * as z from "zod/mini";
import { EVERY_COUNTRY } from "../domain/accounts/mobile_number.ts";
import { EVERY_DOMAIN } from "../domain/accounts/registration_domains.ts";
import { parseEmailAddress } from "../domain/recipient/email_address.ts";
import { toAsciiHost } from "../domain/recipient/idna.ts";
import { DEFAULT_SETTINGS } from "../domain/service/service.ts";

/** The largest `AUDIT_RETENTION_DAYS`: a hundred years. */
const LARGEST_AUDIT_RETENTION_DAYS = 36_500;
const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;
const DAYS = `must be a whole number from 1 to ${LARGEST_AUDIT_RETENTION_DAYS}`;

/** Comma-separated texts, each accepted by `parse`; or `*` alone. */
const listOrEvery = (
  every: string,
  parse: (item: string) => string | undefined,
  expected: string,
) =>
  z.pipe(
    z.string(),
    z.transform((text: string, context) => {
      const items = text.split(",").map((item) => item.trim()).filter(Boolean);
      const parsed = items.flatMap((item) => (item === every ? item : parse(item)) ?? []);
      const isValid = parsed.length === items.length && items.length > 0 &&
        (items.length === 1 || !items.includes(every));
      if (isValid) return parsed;
      context.issues.push({ code: "custom", message: expected, input: "" });
      return z.NEVER;
    }),
  );

/** The variables of accounts: the accepted values of each. */
export const accountVariables = {
  REGISTRATION_DOMAINS: z.optional(listOrEvery(
    EVERY_DOMAIN,
    (item) => {
      const ascii = toAsciiHost(item.toLowerCase());
      return ascii !== undefined && DOMAIN.test(ascii) ? ascii : undefined;
    },
    "must be domains such as dept.gov.example, with commas between them, or *",
  )),
  SIGN_IN_COUNTRIES: z.optional(listOrEvery(
    EVERY_COUNTRY,
    (item) => isSupportedCountry(item.toUpperCase()) ? item.toUpperCase() : undefined,
    "must be ISO 3166 codes of countries such as GB, with commas between them, or *",
  )),
  CONTACT_EMAIL: z.optional(
    z.string().check(z.refine((text) => parseEmailAddress(text).ok, "must be an e-mail address")),
  ),
  TERMS_URL: z.optional(z.string().check(z.refine(isAddress, "must be an http(s) address"))),
  AUDIT_RETENTION_DAYS: z.optional(
    z.pipe(
      z.string().check(z.regex(/^[0-9]{1,6}$/, DAYS)),
      z.transform(Number),
    ).check(z.refine((days) => 1 <= days && days <= LARGEST_AUDIT_RETENTION_DAYS, DAYS)),
  ),
};

/** The settings of accounts. */
export interface AccountConfig {
  /** The domains that may register; `*` for all, none for by invitation only. */
  readonly registrationDomains: readonly string[];
  /** ISO 3166 codes of the countries whose mobile numbers get codes by text; `*` for all. */
  readonly signInCountries: readonly string[];
  /** Whom people write to about the deployment; `undefined` for `operator@` and the domain of its e-mails. */
  readonly contactEmail: string | undefined;
  readonly termsUrl: string | undefined;
  /** How many days entries of the audit log are kept; `undefined` for ever. */
  readonly auditRetentionDays: number | undefined;
}

/** Reads the settings of accounts. In development everybody may register. */
export function readAccountConfig(
  env: {
    readonly REGISTRATION_DOMAINS?: readonly string[] | undefined;
    readonly SIGN_IN_COUNTRIES?: readonly string[] | undefined;
    readonly CONTACT_EMAIL?: string | undefined;
    readonly TERMS_URL?: string | undefined;
    readonly AUDIT_RETENTION_DAYS?: number | undefined;
  },
  mode: "development" | "production",
): AccountConfig {
  const isDevelopment = mode === "development";
  return {
    registrationDomains: env.REGISTRATION_DOMAINS ?? (isDevelopment ? [EVERY_DOMAIN] : []),
    signInCountries: env.SIGN_IN_COUNTRIES ??
      [isDevelopment ? EVERY_COUNTRY : DEFAULT_SETTINGS.country],
    contactEmail: env.CONTACT_EMAIL?.trim(),
    termsUrl: env.TERMS_URL,
    auditRetentionDays: env.AUDIT_RETENTION_DAYS,
  };
}

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}
