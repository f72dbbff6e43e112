/** The settings by which a template writes its values: `[#setting …]` changes them. */
import { isNumberFormat } from "./number_format.ts";
import { toZone } from "./zone_time.ts";

/** How a message's values are written. A message begins with {@link DEFAULT_SETTINGS}; `[#setting]` changes them. */
export interface Settings {
  /** A BCP 47 tag. */
  readonly locale: string;
  readonly timeZone: string;
  readonly numberFormat: string;
  readonly dateFormat: string;
  readonly timeFormat: string;
  readonly datetimeFormat: string;
  /** The texts for `true` and `false`. `undefined` while the template sets none: a boolean then has no text. */
  readonly booleans: readonly [yes: string, no: string] | undefined;
  /** Whether the template has set the character set of addresses, so that `?url` needs no parameter. */
  readonly hasUrlCharset: boolean;
}

/**
 * The settings before any `[#setting]`, as on the registries platform. An empty date format is the locale's medium
 * style.
 */
export const DEFAULT_SETTINGS: Settings = {
  locale: "en-US",
  timeZone: "Europe/Kiev",
  numberFormat: "number",
  dateFormat: "",
  timeFormat: "",
  datetimeFormat: "",
  booleans: undefined,
  hasUrlCharset: false,
};

function toLocale(value: string): string {
  const tag = value.replaceAll("_", "-");
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? "en-US";
  } catch {
    return "en-US";
  }
}

type Change = (value: string, settings: Settings) => Partial<Settings> | undefined;

const NO_CHANGE: Change = () => ({});

/** What each setting's value changes; `undefined` where the value is not valid. */
const CHANGES: Readonly<Record<string, Change>> = {
  locale: (value) => ({ locale: toLocale(value) }),
  number_format: (value) => isNumberFormat(value) ? { numberFormat: value } : undefined,
  date_format: (value) => ({ dateFormat: value }),
  time_format: (value) => ({ timeFormat: value }),
  datetime_format: (value) => ({ datetimeFormat: value }),
  time_zone: (value) => ({ timeZone: toZone(value) }),
  boolean_format: (value) => {
    if (value === "c") return { booleans: ["true", "false"] };
    const [yes, no, ...more] = value.split(",");
    if (yes === undefined || no === undefined || more.length > 0) return undefined;
    return { booleans: value === "true,false" ? undefined : [yes, no] };
  },
  url_escaping_charset: () => ({ hasUrlCharset: true }),
  output_encoding: () => ({ hasUrlCharset: true }),
  classic_compatible: (value) => value === "false" ? {} : undefined,
  sql_date_and_time_time_zone: NO_CHANGE,
  c_format: NO_CHANGE,
};

/** The name of a setting in snake case: `numberFormat` is `number_format`. */
function settingName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Whether a setting is supported. Its name may be written `number_format` or `numberFormat`. */
export function isSetting(name: string): boolean {
  return Object.hasOwn(CHANGES, settingName(name));
}

/**
 * Returns a copy of the settings with one changed; `undefined` where the setting is not supported or its value not
 * valid.
 */
export function changeSetting(
  settings: Settings,
  name: string,
  value: string,
): Settings | undefined {
  const key = settingName(name);
  const change = Object.hasOwn(CHANGES, key) ? CHANGES[key]?.(value, settings) : undefined;
  return change === undefined ? undefined : { ...settings, ...change };
}
