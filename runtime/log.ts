import type { Log } from "../domain/ports/log.ts";

/**
 * Writes each log entry to standard output as one line of JSON, with the present time as `at` (ISO 8601, UTC) first.
 */
export const writeLog: Log = (entry) =>
  console.log(JSON.stringify({ at: new Date().toISOString(), ...entry }));
