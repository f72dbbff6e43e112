import type { SheetFault } from "../../domain/csv/faults.ts";

/**
 * Ends the reading of a file. It is thrown inside this folder only: `readSheet` returns the fault as a value.
 */
export class SheetError extends Error {
  readonly fault: SheetFault;

  constructor(fault: SheetFault) {
    super(fault.kind);
    this.name = "SheetError";
    this.fault = fault;
  }
}
