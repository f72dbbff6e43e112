import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import baseStyles from "./base.css" with { type: "text" };

/** The base stylesheet: design tokens, elements and shared components. A page's own rules follow it. */
export const BASE_STYLES: string = baseStyles;

/** Properties of {@link Shell}. */
export interface ShellProps {
  readonly title: string;
  /** The nonce of this response's Content-Security-Policy. */
  readonly nonce: string;
  /**
   * `inline`: the page's own rules, written into the page after {@link BASE_STYLES}.
   * `href`: the address of a stylesheet that contains both.
   */
  readonly styles: { readonly inline: string } | { readonly href: string };
  /**
   * The address of the page's icon. Without one the browser requests `/favicon.ico`, unless the page's policy forbids
   * images.
   */
  readonly icon?: string;
  /** `narrow`: for a page with one short text and at most one form. */
  readonly width?: "narrow" | "wide";
  /** Further elements of the head: scripts. */
  readonly head?: Child;
  readonly children: Child;
}

/** The document around every page: head, base stylesheet and body. Serve it with `answerPage`. */
export function Shell(
  { title, nonce, styles, icon, width = "wide", head, children }: ShellProps,
): JSX.Element {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{title}</title>
        {icon === undefined ? null : <link rel="icon" href={icon} />}
        <Stylesheet nonce={nonce} styles={styles} />
        {head}
      </head>
      <body class={width === "narrow" ? "narrow" : undefined}>{children}</body>
    </html>
  );
}

/** An empty `icon`, for pages without an icon: it keeps the browser from requesting `/favicon.ico`. */
export const NO_ICON = "data:,";

function Stylesheet({ nonce, styles }: Pick<ShellProps, "nonce" | "styles">): JSX.Element {
  if ("href" in styles) return <link rel="stylesheet" href={styles.href} nonce={nonce} />;
  const css = BASE_STYLES + styles.inline;
  return <style nonce={nonce} dangerouslySetInnerHTML={{ __html: css }}></style>;
}
