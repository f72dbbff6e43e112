/** One line of the log: flat, and without personal data; ids say who and what. */
export type LogEntry = Readonly<Record<string, string | number | boolean | null>>;

/** Takes one line of the log. */
export type Log = (entry: LogEntry) => void;
