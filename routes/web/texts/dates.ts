import { type Language, LOCALES } from "./plural.ts";

/** Writes the day of a time, in a time zone. `at` is in epoch milliseconds. */
export function formatDate(at: number, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "medium", timeZone }).format(at);
}

/** Writes the day and the time of day, in a time zone. `at` is in epoch milliseconds. */
export function formatTime(at: number, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone,
  }).format(at);
}

/** Writes the day of the week, the day and the time of day, in a time zone. `at` is in epoch milliseconds. */
export function formatWeekdayTime(at: number, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    dateStyle: "full",
    timeStyle: "short",
    timeZone,
  }).format(at);
}

/** Writes the day and the time of day with seconds, in a time zone. `at` is in epoch milliseconds. */
export function formatTimeWithSeconds(at: number, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    dateStyle: "medium",
    timeStyle: "medium",
    timeZone,
  }).format(at);
}

/** Writes the day and the month of a UTC day, such as `14 Apr`. `at` is in epoch milliseconds. */
export function formatDay(at: number, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  }).format(at);
}
