/** Formats a size in bytes for people, in English, with 1 KB = 1,000 bytes: `312 bytes`, `4.2 KB`, `2 MB`. */
export function toSizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  const kilobytes = bytes / 1000;
  return kilobytes < 999.95 ? `${round(kilobytes)} KB` : `${round(kilobytes / 1000)} MB`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
