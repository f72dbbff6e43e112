/** The sections of the settings page, each a form: what it shows of the settings, and what it changes. */
import { type DailyLimit, limitsOf } from "../../../domain/going_live/request.ts";
import type { ServiceChange } from "../../../domain/ports/management_store.ts";
import {
  type Channel,
  CHANNELS,
  DEFAULT_SETTINGS,
  type Service,
  type ServiceSettings,
} from "../../../domain/service/service.ts";
import { parsePercent } from "../../../domain/service/setting_rules.ts";
import { changedService, settingsOf } from "../../../domain/service/settings_schema.ts";
import { parseCount } from "../go_live/counts.ts";

/** The sections that change settings. */
export const SECTIONS = ["name", "texts", "times", "retention", "lists", "limits"] as const;
/** One of {@link SECTIONS}. */
export type SectionName = typeof SECTIONS[number];

/** The fields of a form as typed, by name. */
export type Typed = Readonly<Record<string, string>>;

/** The value of a checkbox that is ticked. */
export const TICKED = "yes";

/** The channels whose retention a service chooses. */
export function retainedChannels({ channels }: ServiceSettings): readonly Channel[] {
  return CHANNELS.filter((channel) => channels.includes(channel));
}

/** The settings of a service as the forms show them. */
export function typedOf({ name, settings }: Pick<Service, "name" | "settings">): Typed {
  return {
    name,
    language: settings.language,
    sms_prefix: settings.sms_prefix ? TICKED : "",
    sms_encoding: settings.sms_encoding,
    time_zone: settings.time_zone,
    quiet_start: settings.quiet_hours?.start ?? "",
    quiet_end: settings.quiet_hours?.end ?? "",
    rate_limit: String(settings.rate_limit_per_minute),
    pause_at_failures: String(settings.pause_at_failures),
    ...byName(
      "retention",
      retainedChannels(settings),
      (channel) => String(settings.retention_days[channel]),
    ),
    ...byName("limit", limitsOf(settings), (limit) => String(settings.daily_limits[limit] ?? "")),
  };
}

function byName<N extends string>(
  prefix: string,
  names: readonly N[],
  valueOf: (name: N) => string,
): Typed {
  return Object.fromEntries(names.map((name) => [`${prefix}_${name}`, valueOf(name)]));
}

/** What each section changes, as the body of `PATCH /manage/services/{id}`, which the shared schema evaluates. */
const BODIES: Readonly<
  Record<
    SectionName,
    (typed: Typed, settings: ServiceSettings) => Readonly<Record<string, unknown>>
  >
> = {
  name: ({ name, language }) => ({ name, language }),
  texts: ({ sms_prefix, sms_encoding }) => ({ sms_prefix: sms_prefix === TICKED, sms_encoding }),
  times: ({ time_zone, quiet_start = "", quiet_end = "" }) => ({
    time_zone,
    quiet_hours: quiet_start === "" && quiet_end === ""
      ? null
      : { start: quiet_start, end: quiet_end },
  }),
  retention: (typed, settings) => ({
    retention_days: Object.fromEntries(
      retainedChannels(settings).map((channel) => [
        channel,
        parseCount(typed[`retention_${channel}`] ?? ""),
      ]),
    ),
  }),
  lists: ({ pause_at_failures = "" }) => ({
    pause_at_failures: parsePercent(pause_at_failures) ?? "",
  }),
  limits: (typed, settings) => ({
    rate_limit_per_minute: parseCount(typed.rate_limit ?? ""),
    daily_limits: Object.fromEntries(
      limitsOf(settings).map((limit) => [limit, toLimit(typed, limit)]),
    ),
  }),
};

function toLimit(typed: Typed, limit: DailyLimit): number | null {
  const text = typed[`limit_${limit}`] ?? "";
  return text === "" ? null : parseCount(text);
}

/** What a form asks for: a change, or the fields that are not valid. */
export type ParsedSection =
  | { readonly kind: "change"; readonly change: ServiceChange }
  | { readonly kind: "faults"; readonly fields: readonly string[] };

/** Reads a section's form by the schema of the management API. */
export function parseSection(
  section: SectionName,
  typed: Typed,
  { settings }: Pick<Service, "settings">,
): ParsedSection {
  const parsed = changedService.safeParse(BODIES[section](typed, settings));
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path }) => fieldOf(path.map(String)));
    return { kind: "faults", fields: [...new Set(fields)] };
  }
  const { name } = parsed.data;
  return {
    kind: "change",
    change: { ...(name === undefined ? {} : { name }), settings: settingsOf(parsed.data) },
  };
}

const PREFIXES: Readonly<Record<string, string>> = {
  retention_days: "retention",
  daily_limits: "limit",
  quiet_hours: "quiet",
};

/** The field of the form for the path of a value in the body. */
function fieldOf([first = "", second]: readonly string[]): string {
  const prefix = PREFIXES[first];
  if (prefix === undefined) return first === "rate_limit_per_minute" ? "rate_limit" : first;
  return `${prefix}_${second ?? "end"}`;
}

/** The default values of a section's settings; a name has none. */
export function defaultsOf(section: SectionName, { settings }: Service): ServiceChange {
  const fields = Object.keys(BODIES[section](typedOf({ name: "", settings }), settings));
  return {
    settings: Object.fromEntries(
      Object.entries(DEFAULT_SETTINGS).filter(([name]) => fields.includes(name)),
    ),
  };
}

/** The default values as the forms show them. */
export function typedDefaults({ settings }: Service): Typed {
  return typedOf({ name: "", settings: { ...DEFAULT_SETTINGS, channels: settings.channels } });
}

/** Whether a section has a value that is not the default. */
export function differs(section: SectionName, service: Service): boolean {
  const own = BODIES[section](typedOf(service), service.settings);
  const standard = BODIES[section](typedDefaults(service), service.settings);
  return Object.keys(own).some((field) =>
    field !== "name" && JSON.stringify(own[field]) !== JSON.stringify(standard[field])
  );
}
