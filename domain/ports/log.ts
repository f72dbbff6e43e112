/** One log entry: flat, and without personal data; it identifies people and things by ids. */
export type LogEntry = Readonly<Record<string, string | number | boolean | null>>;

/** Writes one log entry. */
export type Log = (entry: LogEntry) => void;
