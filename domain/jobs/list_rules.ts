import type { GuestsWithTeam, Service } from "../service/service.ts";
import type { Template } from "../template/template.ts";
import type { Allowance } from "./allowance.ts";

/** The rules that the recipients of an upload are validated by. */
export interface ListRules {
  readonly service: Service;
  readonly template: Template;
  /** The template's translations. A column that only these use may have empty cells. */
  readonly translations?: readonly Template[];
  /** The only recipients that may be sent to; `undefined` allows every recipient. */
  readonly guests: GuestsWithTeam | undefined;
  /** How many messages may still be sent on the job's day; more rows are an error of the report. */
  readonly allowance: Allowance;
  /**
   * Whether the service has suppressed recipients, to whom it may not send. The validator then collects the normalised
   * recipients, so that the caller can look them up.
   */
  readonly checksSuppressions?: boolean;
  /** Whether rows with errors are left out. Costs and limits are then those of the other rows. Absent means no. */
  readonly skipsBadRows?: boolean;
  /** Whether several rows may have the same recipient. */
  readonly allowDuplicates: boolean;
}
