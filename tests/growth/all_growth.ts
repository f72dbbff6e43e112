import { ADVICE_GROWTH } from "./advice_growth.ts";
import { EMAIL_GROWTH } from "./email_growth.ts";
import { FREEMARKER_GROWTH } from "./freemarker_growth.ts";
import type { GrowthCase } from "./growth_case.ts";

/** Every growth case. The tests count the steps of each, and the benchmark times it. */
export const ALL_GROWTH: readonly GrowthCase[] = [
  ...EMAIL_GROWTH,
  ...FREEMARKER_GROWTH,
  ...ADVICE_GROWTH,
];
