import { adviseOn } from "../../domain/template/advice.ts";
import { fillTo, type GrowthCase } from "./growth_case.ts";

const SIZE = 50_000;

const UNITS = [
  "[",
  "[a](",
  "[a] ",
  "[]",
  "![",
  "((",
  "_a ",
  "**a*",
  "__a_",
  "<a",
  "|",
  "#",
  "~~a~",
  "[a](b\n",
  '[a](b "',
] as const;

/** Advice on e-mails in markdown. */
export const ADVICE_GROWTH: readonly GrowthCase[] = UNITS.map((unit) => ({
  symbol: "adviseOn",
  grows: `repeated ${JSON.stringify(unit)}`,
  size: SIZE,
  prepare(size) {
    const body = fillTo(size, unit);
    return () => adviseOn({ channel: "email", subject: "Subject", body }, false);
  },
}));
