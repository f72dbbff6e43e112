import { knownFormats } from "../../../domain/time/known_formats.ts";
import { type Language, LANGUAGES, LOCALES } from "./plural.ts";

/** Writes a time, in epoch milliseconds, in a language and by the clocks of a time zone. */
type FormatTime = (at: number, language: Language, timeZone: string) => string;

const ofDay = withOptions({ day: "numeric", month: "short" });

/** Writes the day of a time. */
export const formatDate: FormatTime = withOptions({ dateStyle: "medium" });

/** Writes the day and the time of day. */
export const formatTime: FormatTime = withOptions({ dateStyle: "medium", timeStyle: "short" });

/** Writes the day of the week, the day and the time of day. */
export const formatWeekdayTime: FormatTime = withOptions({ dateStyle: "full", timeStyle: "short" });

/** Writes the day and the time of day with seconds. */
export const formatTimeWithSeconds: FormatTime = withOptions({
  dateStyle: "medium",
  timeStyle: "medium",
});

/** Writes the day and the month of a UTC day, such as `14 Apr`. `at` is in epoch milliseconds. */
export function formatDay(at: number, language: Language): string {
  return ofDay(at, language, "UTC");
}

function withOptions(options: Intl.DateTimeFormatOptions): FormatTime {
  const ofZone = new Map(
    LANGUAGES.map((language) => [
      language,
      knownFormats((timeZone) =>
        new Intl.DateTimeFormat(LOCALES[language], { ...options, timeZone })
      ),
    ]),
  );
  return (at, language, timeZone) => ofZone.get(language)?.(timeZone).format(at) ?? "";
}
