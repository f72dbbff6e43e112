/** One log entry: flat, and without personal data; it names people and records by their ids only. */
export type LogEntry = Readonly<Record<string, string | number | boolean | null>>;

/** Writes one log entry. */
export type Log = (entry: LogEntry) => void;
