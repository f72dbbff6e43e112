/**
 * `<hark-inbox>`: a citizen's messages in any page of a portal. One module without dependencies.
 *
 *     <script type="module" src="https://hark.example/inbox.js"></script>
 *     <hark-inbox base="https://hark.example"></hark-inbox>
 *     <script type="module">
 *       document.querySelector("hark-inbox").tokenProvider = () => portal.accessToken();
 *     </script>
 *
 * Attributes
 *   base           where Hark is, when not at the page's own origin: `{base}/api/notifications/inbox…` is asked
 *   token          the citizen's access token, sent as X-Access-Token; the properties below keep it out of the document
 *   lang           `uk` or `en`; else the nearest `lang` around the element, else the browser's; English for any other
 *   heading-level  1 to 5, of the heading "Messages"; 2 unless told
 *
 * Properties and methods
 *   token          string; another one begins anew
 *   tokenProvider  function that returns a token or a promise of one; it is asked again when a token is refused. Wins over
 *                  `token`. With neither, nothing is sent: for portals whose gateway adds the header
 *   refresh()      begins anew, as for another citizen
 *
 * Events; they bubble and leave the shadow tree
 *   hark-inbox-count         detail {total, unread}, whenever they change
 *   hark-inbox-open          detail {id}, when a message is opened
 *   hark-inbox-unauthorised  the token was refused, and so was what the provider gave next
 *
 * Slot
 *   sign-in        shown when the session has ended: the portal's own link or button
 *
 * Custom properties; each colour has a light and a dark default and goes by the page's `color-scheme`
 *   --hark-inbox-font  --hark-inbox-radius  --hark-inbox-gap
 *   --hark-inbox-ink  --hark-inbox-quiet  --hark-inbox-surface  --hark-inbox-sunk  --hark-inbox-line
 *   --hark-inbox-accent  --hark-inbox-on-accent  --hark-inbox-focus
 *
 * Parts
 *   inbox header heading badge actions button filter mark-all more retry note state list
 *   message message-unread message-button subject time marker content
 *
 * For a strict Content-Security-Policy: `script-src` and `connect-src` with Hark's origin. No style needs to be allowed. A
 * page that requires Trusted Types allows the policy `hark-inbox`.
 */

import { Client } from "./client.js";
import { MessageList } from "./messages.js";
import { Session } from "./session.js";
import { sheetOf } from "./styles.js";
import { countText, languageOf, subjectOf, TEXTS } from "./texts.js";
import { View } from "./view.js";

/** A page that nobody looks at for so long lets go of its stream. */
const HIDDEN_MS = 60_000;

/** New messages within this time are announced together. */
const ANNOUNCE_MS = 1_000;

/** The element. */
class HarkInbox extends HTMLElement {
  static observedAttributes = ["base", "token", "lang", "heading-level"];

  #root = this.attachShadow({ mode: "open" });
  #view;
  #token;
  #tokenProvider;
  #session;
  #isSignedOut = false;
  #isBeginning = false;
  /** Kept from one citizen's session to the next, as the pressed button shows. */
  #unreadOnly = false;
  #hiddenTimer;
  #news = [];
  #newsTimer;
  #languageWatch = new MutationObserver(() => this.#followLanguage());
  /** What the messages were asked for in. */
  #language;
  /** Ends what is listened to. */
  #listening;

  /** The citizen's access token. */
  get token() {
    return this.#token ?? this.getAttribute("token") ?? "";
  }

  set token(value) {
    const before = this.token;
    this.#token = value === null || value === undefined ? undefined : String(value);
    if (this.token !== before) this.#beginSoon();
  }

  /** Gives the token, and another when that was refused. */
  get tokenProvider() {
    return this.#tokenProvider;
  }

  set tokenProvider(value) {
    const hadOne = this.#tokenProvider !== undefined;
    this.#tokenProvider = typeof value === "function" ? value : undefined;
    // Frameworks set an equal function at every turn; only who could not ask before begins.
    if (!hadOne || this.#isSignedOut) this.#beginSoon();
  }

  /** Begins anew, as for another citizen. */
  refresh() {
    this.#beginSoon();
  }

  connectedCallback() {
    // What was set before the element was defined hides the accessors.
    for (const name of ["token", "tokenProvider"]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.#root.adoptedStyleSheets = [sheetOf(this.ownerDocument)];
    if (this.#view === undefined) this.#makeView();
    this.#languageWatch.observe(document.documentElement, { attributeFilter: ["lang"] });
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const follow = () => this.#followVisibility();
    document.addEventListener("visibilitychange", follow, { signal });
    addEventListener("pageshow", follow, { signal });
    addEventListener("online", follow, { signal });
    addEventListener("pagehide", () => this.#session?.stopListening(), { signal });
    this.#beginSoon();
  }

  disconnectedCallback() {
    this.#languageWatch.disconnect();
    this.#listening.abort();
    this.#end();
  }

  /** Moved within the document, it goes on. */
  connectedMoveCallback() {}

  attributeChangedCallback(name, before, after) {
    if (before === after || this.#view === undefined) return;
    if (name === "base" || (name === "token" && this.#token === undefined)) this.#beginSoon();
    // Headings cannot change their level.
    if (name === "heading-level") this.#makeView();
    this.#render();
    if (name === "lang") this.#followLanguage();
  }

  /** Messages may have words of their own in each language. */
  #followLanguage() {
    if (this.#session !== undefined && languageOf(this) !== this.#language) this.#beginSoon();
    else this.#render();
  }

  /** Once for all that is set in one go. What was one citizen's is not shown to the next. */
  #beginSoon() {
    if (!this.isConnected || this.#view === undefined) return;
    this.#end();
    this.#isSignedOut = false;
    this.#render();
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    queueMicrotask(() => {
      this.#isBeginning = false;
      if (this.isConnected && this.#session === undefined) this.#begin();
    });
  }

  #begin() {
    this.#language = languageOf(this);
    const client = new Client({
      base: (this.getAttribute("base") ?? "").trim().replace(/\/+$/, ""),
      language: () => languageOf(this),
      provide: () => this.#tokenProvider?.() ?? this.token,
      canRenew: () => this.#tokenProvider !== undefined,
    });
    const session = new Session(client, {
      changed: () => this.#render(),
      counted: (count) => this.#tell("hark-inbox-count", { ...count }),
      arrived: (messages) => this.#announce(messages),
      unauthorised: () => {
        this.#end();
        this.#isSignedOut = true;
        this.#render();
        this.#tell("hark-inbox-unauthorised");
      },
    });
    session.list.unreadOnly = this.#unreadOnly;
    this.#session = session;
    session.begin();
    this.#followVisibility();
  }

  #end() {
    this.#session?.end();
    this.#session = undefined;
    clearTimeout(this.#hiddenTimer);
    clearTimeout(this.#newsTimer);
    this.#news = [];
    this.#view?.announce("");
  }

  #followVisibility() {
    clearTimeout(this.#hiddenTimer);
    if (document.visibilityState === "visible") this.#session?.listen();
    else this.#hiddenTimer = setTimeout(() => this.#session?.stopListening(), HIDDEN_MS);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  /** Says what is new, together with what follows at once. */
  #announce(messages) {
    this.#news.push(...messages.filter((message) => !message.isAcknowledged));
    clearTimeout(this.#newsTimer);
    this.#newsTimer = setTimeout(() => {
      const [first, second] = this.#news;
      if (first === undefined) return;
      const language = languageOf(this);
      const texts = TEXTS[language];
      this.#view.announce(
        second === undefined
          ? `${texts.arrived} ${subjectOf(first, texts)}`
          : countText(language, this.#news.length, texts.arrivedCount),
      );
      this.#news = [];
    }, ANNOUNCE_MS);
  }

  #makeView() {
    const level = Number(this.getAttribute("heading-level") ?? "2");
    const isLevel = Number.isInteger(level) && level >= 1 && level <= 5;
    this.#view = new View(this.#root, isLevel ? level : 2, {
      filter: () => this.#toggleFilter(),
      markAll: () => this.#markAll(),
      more: () => this.#showMore(),
      retry: () => this.#session === undefined ? this.refresh() : this.#session.reload(),
      message: (id) => this.#toggleMessage(id),
    });
  }

  #render() {
    if (this.#view === undefined) return;
    const session = this.#session;
    const note = session?.note ?? (session?.isLost ? "lost" : "");
    this.#view.render({
      language: languageOf(this),
      state: this.#isSignedOut ? "signed-out" : session?.state ?? "loading",
      list: session?.list ?? new MessageList(),
      note,
      isFetchingMore: session?.isFetchingMore ?? false,
    });
  }

  #toggleFilter() {
    this.#unreadOnly = !this.#unreadOnly;
    if (this.#session === undefined) return;
    this.#session.list.unreadOnly = this.#unreadOnly;
    this.#session.reload();
  }

  async #markAll() {
    if (await this.#session?.acknowledgeAll()) {
      this.#view.announce(TEXTS[languageOf(this)].allRead);
    }
  }

  async #showMore() {
    const added = await this.#session?.fetchMore() ?? [];
    // To read on from there, unless the reader has gone elsewhere meanwhile.
    if (added.length > 0 && this.#view.isAtEnd) this.#view.focusMessage(added[0].id);
  }

  #toggleMessage(id) {
    const { list } = this.#session ?? {};
    const message = list?.shown.find((one) => one.id === id);
    if (message === undefined) return;
    if (list.open.delete(id)) return this.#render();
    list.open.add(id);
    this.#render();
    this.#tell("hark-inbox-open", { id });
    if (!message.isAcknowledged) this.#session.acknowledge(id);
  }
}

// A page may bring the module twice.
if (customElements.get("hark-inbox") === undefined) customElements.define("hark-inbox", HarkInbox);
