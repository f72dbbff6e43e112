/** Why a telephone number is refused: the codes of GOV.UK Notify. */
export type PhoneCode =
  | "invalid_number"
  | "too_long"
  | "too_short"
  | "not_a_uk_mobile"
  | "unknown_character"
  | "unsupported_country_code"
  | "unsupported_emergency_number";

/** The messages of each code: for people, as in rows of a spreadsheet (`people`), and in the API (`v2`). */
export const PHONE_MESSAGES = {
  invalid_number: {
    people: "Number is not valid – double check the phone number you entered",
    v2: "Number is not valid – double check the phone number you entered",
  },
  too_long: { people: "Mobile number is too long", v2: "Too many digits" },
  too_short: { people: "Mobile number is too short", v2: "Not enough digits" },
  not_a_uk_mobile: {
    people:
      "This does not look like a UK mobile number – double check the mobile number you entered",
    v2: "Not a UK mobile number",
  },
  unknown_character: {
    people: "Mobile numbers can only include: 0 1 2 3 4 5 6 7 8 9 ( ) + -",
    v2: "Must not contain letters or symbols",
  },
  unsupported_country_code: {
    people: "Country code not found - double check the mobile number you entered",
    v2: "Not a valid country prefix",
  },
  unsupported_emergency_number: {
    people: "Phone number cannot be an emergency number",
    v2: "Phone number cannot be an emergency number",
  },
} as const satisfies Record<PhoneCode, { readonly people: string; readonly v2: string }>;
