import type { Log } from "../domain/ports/log.ts";

/** Writes each log entry to standard output as one line of JSON. */
export const writeLog: Log = (entry) =>
  console.log(JSON.stringify({ at: new Date().toISOString(), ...entry }));
