/** How people name the columns of recipients, where they do not use the name that GOV.UK Notify gives them. */
import type { Template } from "../template/template.ts";
import { cleanHeading } from "../text/pasted_text.ts";

/** How people name a recipient's column. Words are compared in lower case. */
interface ColumnNames {
  /** What one of the heading's words begins with. */
  readonly begins: readonly string[];
  /** Whole words of the heading. */
  readonly words: readonly string[];
  /** The whole heading, without blanks and punctuation. */
  readonly whole: readonly string[];
}

/** The usual names of a recipient's column, in English, Welsh, Ukrainian and languages of neighbours. */
const COLUMN_NAMES = {
  sms: {
    begins: [
      "phone",
      "telephone",
      "telefon",
      "téléphone",
      "teléfono",
      "mob",
      "móvil",
      "komórk",
      "cell",
      "msisdn",
      "ffôn",
      "телефон",
      "моб",
    ],
    words: ["tel", "tele", "tél", "handy", "portable", "sms", "тел", "смс", "номер"],
    whole: [
      "numer",
      "numéro",
      "number",
      "numbers",
      "no",
      "contact",
      "contacts",
      "contactnumber",
      "kontakt",
      "контакт",
    ],
  },
  email: {
    begins: ["email", "пошт", "електронн", "емейл", "імейл", "имейл", "мейл", "ebost"],
    words: ["mail", "mails", "ел", "епошта"],
    whole: ["address", "contact", "адреса", "контакт"],
  },
  inbox: {
    begins: [
      "recipient",
      "user",
      "login",
      "ідентифік",
      "користувач",
      "логін",
      "одержувач",
      "отримувач",
    ],
    words: ["id", "ids", "uuid", "sub"],
    whole: ["person", "name"],
  },
  diia: {
    begins: ["рнокпп", "tax", "ідентифік"],
    words: ["ipn", "inn", "tin", "іпн", "інн", "код"],
    whole: ["number", "номер"],
  },
} as const satisfies Record<Template["channel"], ColumnNames>;

/** U+02BC is an apostrophe, though Unicode calls it a letter. */
const BETWEEN_WORDS = /(?:[^\p{L}\p{N}]|\u02bc)+/u;

function wordsOf(heading: string): readonly string[] {
  return cleanHeading(heading).toLowerCase().split(BETWEEN_WORDS).filter((word) => word !== "");
}

/** Returns a heading in lower case, without anything but letters and digits, for comparing spellings. */
export function lettersOf(heading: string): string {
  return wordsOf(heading).join("");
}

/** Whether a heading is one of the usual names of the channel's recipients: `Mobile`, `E-mail`, `Телефон`. */
export function namesRecipients(heading: string, channel: Template["channel"]): boolean {
  const names: ColumnNames = COLUMN_NAMES[channel];
  return names.whole.includes(lettersOf(heading)) ||
    wordsOf(heading).some((word) =>
      names.words.includes(word) || names.begins.some((start) => word.startsWith(start))
    );
}
