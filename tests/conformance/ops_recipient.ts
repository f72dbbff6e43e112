import { EMAIL_MESSAGE, parseEmailAddress } from "../../domain/recipient/email_address.ts";
import {
  allowPhone,
  parsePhone,
  PHONE_MESSAGES,
  type PhoneNumber,
  type PhoneRefusal,
} from "../../domain/recipient/phone.ts";
import type { Result } from "../../domain/result.ts";

function phone(input: Readonly<Record<string, unknown>>): unknown {
  const parsed = parsePhone(String(input["number"]));
  const allowed: Result<PhoneNumber, PhoneRefusal> = parsed.ok
    ? allowPhone(parsed.value, {
      international: input["international"] === true,
      landline: input["landline"] === true,
    })
    : parsed;
  if (!allowed.ok) {
    const { code } = allowed.refusal;
    const { people, v2 } = PHONE_MESSAGES[code];
    return { valid: false, code, message: people, v2_message: v2 };
  }
  const { normalised, human, international, crownDependency, countryPrefix } = allowed.value;
  return {
    valid: true,
    normalised,
    human,
    international,
    crown_dependency: crownDependency,
    country_prefix: countryPrefix,
  };
}

function emailAddress(input: Readonly<Record<string, unknown>>): unknown {
  const parsed = parseEmailAddress(String(input["addr"]));
  if (!parsed.ok) return { valid: false, message: EMAIL_MESSAGE };
  return { valid: true, address: parsed.value.address, formatted: parsed.value.normalised };
}

/** The functions that answer the vectors of recipients, by their op. */
export const RECIPIENT_OPS: Readonly<Record<string, (input: Record<string, unknown>) => unknown>> =
  { phone, email_address: emailAddress };
