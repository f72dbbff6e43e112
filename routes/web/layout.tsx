import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { FormToken } from "./components/form.tsx";
import { ASSETS } from "./assets/assets.ts";
import { type Theme, THEMES, type View } from "./context.ts";
import { LANGUAGES } from "./texts/plural.ts";
import { TEXTS } from "./texts/languages.ts";
import { PAGES } from "./pages.ts";

/** Properties of {@link Layout}. */
export interface LayoutProps {
  readonly view: View;
  /** The page's heading; the title of the window begins with it. */
  readonly title: string;
  /** `narrow`: one form or text. `middle`: a list or a longer text. `rail`: a page of a service. */
  readonly width?: "narrow" | "middle" | "rail";
  /** What stands beside the content of a page of the width `rail`. */
  readonly rail?: JSX.Element;
  /** Whether the page shows faults, which its title then says. */
  readonly hasFaults?: boolean;
  /** The scripts that the page needs beside what works without them. */
  readonly scripts?: readonly (keyof typeof ASSETS.scripts)[];
  readonly children: Child;
}

/** The frame of every page: bar, content and foot. */
export function Layout(props: LayoutProps): JSX.Element {
  const { view, title, hasFaults = false, width = "narrow", scripts = [], rail, children } = props;
  const { shell } = view.texts;
  return (
    <html lang={view.language} data-theme={view.theme === "system" ? undefined : view.theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={view.theme === "system" ? "light dark" : view.theme} />
        <meta name="robots" content="noindex" />
        <title>{`${hasFaults ? shell.errorPrefix : ""}${title} – Hark`}</title>
        <link rel="icon" href={ASSETS.icon} type="image/svg+xml" />
        <link rel="stylesheet" href={ASSETS.styles} />
        {scripts.map((name) => (
          <script key={name} type="module" src={ASSETS.scripts[name]}>
          </script>
        ))}
      </head>
      <body>
        <Bar view={view} />
        <div class={width === "rail" ? "frame has-rail" : `frame ${width}`}>
          {rail}
          <main id="main" tabindex={-1}>
            {children}
          </main>
        </div>
        <Foot view={view} />
      </body>
    </html>
  );
}

function Bar({ view }: { readonly view: View }): JSX.Element {
  const { session, texts: { shell } } = view;
  return (
    <header class="bar">
      <a class="skip" href="#main">{shell.skip}</a>
      <a class="mark" href={PAGES.home.path}>
        <Mark />
        Hark
      </a>
      <nav aria-label={shell.person}>
        <ul class="links">
          {session === undefined ? <SignedOut view={view} /> : <SignedIn view={view} />}
        </ul>
      </nav>
    </header>
  );
}

function SignedOut({ view }: { readonly view: View }): JSX.Element {
  return (
    <li>
      <a href={PAGES.signIn.path}>{view.texts.shell.signIn}</a>
    </li>
  );
}

function SignedIn({ view }: { readonly view: View }): JSX.Element {
  const { session, texts: { shell } } = view;
  return (
    <>
      {session?.stage === "complete"
        ? (
          <>
            <li>
              <a href={PAGES.services.path}>{shell.services}</a>
            </li>
            {session.user.isOperator
              ? (
                <>
                  <li>
                    <a href={PAGES.goLiveRequests.path}>{view.texts.goLiveRequests.nav}</a>
                  </li>
                  <li>
                    <a href={PAGES.tokens.path}>{shell.tokens}</a>
                  </li>
                </>
              )
              : null}
            <li>
              <a href={PAGES.account.path} dir="auto">{session.user.name}</a>
            </li>
          </>
        )
        : null}
      <li>
        <form method="post" action={PAGES.signOut.path}>
          <FormToken view={view} />
          <button type="submit" class="link">{shell.signOut}</button>
        </form>
      </li>
    </>
  );
}

function Mark(): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="7" fill="#0b6e5f" />
      <path
        d="M6 9.5a6 6 0 0 1 6 6M6 5.5a10 10 0 0 1 10 10"
        fill="none"
        stroke="#fff"
        stroke-width="2.4"
        stroke-linecap="round"
      />
      <circle cx="7.2" cy="15.4" r="1.7" fill="#fff" />
    </svg>
  );
}

function Foot({ view }: { readonly view: View }): JSX.Element {
  const { shell } = view.texts;
  return (
    <footer class="foot">
      <nav aria-label={shell.about}>
        <ul class="links">
          <li>
            <a href={PAGES.privacy.path}>{shell.privacy}</a>
          </li>
          <li>
            <a href={PAGES.cookies.path}>{shell.cookies}</a>
          </li>
          <li>
            <a href={PAGES.accessibility.path}>{shell.accessibility}</a>
          </li>
          {view.termsUrl === undefined ? null : (
            <li>
              <a href={view.termsUrl}>{shell.terms}</a>
            </li>
          )}
        </ul>
      </nav>
      <PreferenceForm view={view} label={shell.language}>
        {LANGUAGES.filter((language) => language !== view.language).map((language) => (
          <button
            key={language}
            type="submit"
            class="link"
            name="language"
            value={language}
            lang={language}
          >
            {TEXTS[language].languageName}
          </button>
        ))}
      </PreferenceForm>
      <PreferenceForm view={view} label={shell.theme}>
        {THEMES.map((theme) => <ThemeButton key={theme} view={view} theme={theme} />)}
      </PreferenceForm>
    </footer>
  );
}

interface PreferenceFormProps {
  readonly view: View;
  readonly label: string;
  readonly children: Child;
}

/** A form of buttons that each choose one value. */
function PreferenceForm({ view, label, children }: PreferenceFormProps): JSX.Element {
  return (
    <form method="post" action={PAGES.preferences.path} aria-label={label}>
      <FormToken view={view} />
      <input type="hidden" name="return_to" value={view.path} />
      {children}
    </form>
  );
}

function ThemeButton(
  { view, theme }: { readonly view: View; readonly theme: Theme },
): JSX.Element {
  return (
    <button
      type="submit"
      class="link"
      name="theme"
      value={theme}
      aria-pressed={String(theme === view.theme)}
    >
      {view.texts.shell.themes[theme]}
    </button>
  );
}
