import type { SheetFault } from "../../domain/csv/faults.ts";

/**
 * A file that is refused in the midst of reading it, thrown inside this folder only: {@link readSheet} hands the fault on
 * as a value.
 */
export class SheetError extends Error {
  readonly fault: SheetFault;

  constructor(fault: SheetFault) {
    super(fault.kind);
    this.name = "SheetError";
    this.fault = fault;
  }
}
