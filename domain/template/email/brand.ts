/** The colours of the banner above an e-mail. */
export interface BannerColours {
  /** `#RRGGBB`, in upper case. */
  readonly background: string;
  /** Black or white, whichever has more contrast: at least 4.58 to 1. */
  readonly text: "#000000" | "#FFFFFF";
}

const HEX = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;

/** Relative luminance (WCAG 2.2) of a colour with six hexadecimal digits. */
function luminance(digits: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * Returns the colours of a banner in a brand's colour.
 *
 * @param hex `#rgb` or `#rrggbb`
 * @returns `undefined` for anything else
 */
export function toBannerColours(hex: string | undefined): BannerColours | undefined {
  if (hex === undefined || !HEX.test(hex)) return undefined;
  const short = hex.length === 4;
  const digits = short ? [...hex.slice(1)].map((digit) => digit + digit).join("") : hex.slice(1);
  // Black and white have equal contrast where (L + 0.05)² = 1.05 × 0.05.
  const light = (luminance(digits) + 0.05) ** 2 > 1.05 * 0.05;
  return { background: `#${digits.toUpperCase()}`, text: light ? "#000000" : "#FFFFFF" };
}

/** Returns a logo's normalised URL; `undefined` for any that is not `https:`, or contains a user name or password. */
export function toLogoUrl(address: string | undefined): string | undefined {
  const url = address === undefined ? null : URL.parse(address);
  if (url === null || url.protocol !== "https:" || url.username !== "" || url.password !== "") {
    return undefined;
  }
  return url.href;
}
