import type { Ops } from "./ops.ts";
import { CSV_OPS } from "./ops_csv.ts";
import { RECIPIENT_OPS } from "./ops_recipient.ts";
import { TEMPLATE_OPS } from "./ops_template.ts";
import { V2_OPS } from "./ops_v2.ts";

/** Every operation of the vectors. */
export const ALL_OPS: Ops = { ...TEMPLATE_OPS, ...RECIPIENT_OPS, ...V2_OPS, ...CSV_OPS };
