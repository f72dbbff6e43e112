/** The words by which people stop texts, start them again or ask for help, by country, and the answers. */
import { parsePhoneNumberFromString } from "libphonenumber-js/max";

/** Every member of {@link Keyword}. */
const KEYWORDS = ["stop", "start", "help"] as const;

/** What a text of one word asks for: to stop texts from the service, to start them again, or help. */
export type Keyword = typeof KEYWORDS[number];

type Words = Readonly<Record<Keyword, readonly string[]>>;

/**
 * The words of every country: those that carriers and Twilio know.
 * Source: https://help.twilio.com/articles/223134027
 */
const EVERYWHERE: Words = {
  stop: ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"],
  start: ["START", "UNSTOP", "YES"],
  help: ["HELP", "INFO"],
};

const FRENCH: Words = {
  stop: ["ARRET", "ARRÊT", "ARRETER", "ARRÊTER"],
  start: ["DEBUT", "DÉBUT"],
  help: ["AIDE"],
};
const UKRAINIAN: Words = { stop: ["СТОП"], start: ["СТАРТ"], help: ["ДОПОМОГА"] };
const CYRILLIC: Words = { stop: ["СТОП"], start: ["СТАРТ"], help: ["ПОМОЩ", "ПОМОЩЬ", "ПОМОЋ"] };
const SPANISH: Words = { stop: ["ALTO", "PARAR", "BAJA"], start: ["INICIAR"], help: ["AYUDA"] };
const PORTUGUESE: Words = { stop: ["PARAR", "SAIR"], start: ["INICIAR"], help: ["AJUDA"] };
const GERMAN: Words = { stop: ["STOPP", "ABMELDEN"], start: ["ANMELDEN"], help: ["HILFE"] };
const WELSH: Words = { stop: ["STOPIO"], start: ["DECHRAU"], help: ["HELPU"] };

/** Further words by ISO 3166 code. */
const OF_COUNTRY: Readonly<Record<string, readonly Words[]>> = {
  AT: [GERMAN],
  BE: [FRENCH, GERMAN],
  BG: [CYRILLIC],
  BR: [PORTUGUESE],
  CA: [FRENCH],
  CH: [FRENCH, GERMAN],
  DE: [GERMAN],
  ES: [SPANISH],
  FR: [FRENCH],
  GB: [WELSH],
  KZ: [CYRILLIC],
  LU: [FRENCH, GERMAN],
  MX: [SPANISH],
  PT: [PORTUGUESE],
  RS: [CYRILLIC],
  UA: [UKRAINIAN],
  US: [SPANISH],
};

/**
 * Returns what a text asks for: when it consists of one word of the table, in any case, with blanks and punctuation
 * around it. The words are those of every country, of the service's and of the sender's.
 *
 * @param country ISO 3166 code of the service's country
 * @param from the sender's number: digits without a plus sign
 */
export function findKeyword(message: string, country: string, from: string): Keyword | undefined {
  const word = /^[\p{P}\p{S}\s]*(\p{L}+)[\p{P}\p{S}\s]*$/u.exec(message.normalize("NFC"))?.[1]
    ?.toUpperCase();
  if (word === undefined) return undefined;
  const senders = parsePhoneNumberFromString(`+${from}`)?.country ?? country;
  const tables = [EVERYWHERE, ...[country, senders].flatMap((code) => OF_COUNTRY[code] ?? [])];
  return KEYWORDS.find((keyword) => tables.some((words) => words[keyword].includes(word)));
}

type Replies = Readonly<Record<Keyword, string>>;

/** Each answer follows the service's name. It names the words that every country has. */
const REPLIES = {
  en: {
    stop: "you will get no more texts from us. Send START to get them again.",
    start: "you will get our texts again. Send STOP to get no more.",
    help: "send STOP to get no more texts from us.",
  },
  fr: {
    stop: "vous ne recevrez plus nos messages. Envoyez START pour les recevoir à nouveau.",
    start: "vous recevrez à nouveau nos messages. Envoyez STOP pour ne plus en recevoir.",
    help: "envoyez STOP pour ne plus recevoir nos messages.",
  },
  uk: {
    stop: "ви більше не отримуватимете наших повідомлень. Щоб отримувати знову, надішліть START.",
    start: "ви знову отримуватимете наші повідомлення. Щоб не отримувати, надішліть STOP.",
    help: "щоб не отримувати наших повідомлень, надішліть STOP.",
  },
} as const satisfies Record<string, Replies>;

/**
 * The text of the answer to a keyword, which begins with the service's name.
 *
 * @param language the service's language, a BCP 47 tag; the answer is in English when there is none in this language
 */
export function keywordReply(keyword: Keyword, serviceName: string, language: string): string {
  const primary = language.split("-")[0]?.toLowerCase() ?? "";
  const replies: Replies = Object.entries(REPLIES).find(([tag]) => tag === primary)?.[1] ??
    REPLIES.en;
  return `${serviceName}: ${replies[keyword]}`;
}
