/** Formats of times, each made once. */

/**
 * The most formats that one function of {@link knownFormats} keeps. Each takes some 30 kB outside of V8's heap, which V8
 * does not count when it decides whether to collect garbage.
 */
export const MAX_KNOWN_FORMATS = 100;

/**
 * Returns a function that makes the format of a key, such as a time zone, and keeps it: making one takes a hundred times
 * as long as using it. Beyond {@link MAX_KNOWN_FORMATS} the one that was made first is dropped.
 */
export function knownFormats(
  make: (key: string) => Intl.DateTimeFormat,
): (key: string) => Intl.DateTimeFormat {
  const formats = new Map<string, Intl.DateTimeFormat>();
  return (key) => {
    const known = formats.get(key);
    if (known !== undefined) return known;
    const format = make(key);
    if (formats.size >= MAX_KNOWN_FORMATS) {
      for (const first of formats.keys()) {
        formats.delete(first);
        break;
      }
    }
    formats.set(key, format);
    return format;
  };
}
