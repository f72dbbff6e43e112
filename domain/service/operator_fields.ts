import type { ServiceChange } from "../ports/management_store.ts";

/** Settings that bound what a service may send. */
const OPERATOR_SETTINGS = ["rate_limit_per_minute", "daily_limits"] as const;

/**
 * The fields of a change that only operators may change: the mode, by which a service goes live, and limits. The names are
 * those of the management API.
 */
export function operatorFieldsOf({ mode, settings = {} }: ServiceChange): readonly string[] {
  return [
    ...(mode === undefined ? [] : ["mode"]),
    ...OPERATOR_SETTINGS.filter((name) => settings[name] !== undefined),
  ];
}
