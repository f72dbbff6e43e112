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
 *   base           Hark's address, if not the page's origin: requests go to `{base}/api/notifications/inbox…`
 *   token          the citizen's access token, sent as X-Access-Token; the properties below keep it out of the document
 *   lang           `uk` or `en`; else the nearest `lang` around the element, else the browser's; English for any other
 *   heading-level  1 to 5, of the heading "Messages"; default 2
 *
 * Properties and methods
 *   token          string; a change starts a new session
 *   tokenProvider  function that returns a token or a promise of one; called again when a token is refused. Overrides
 *                  `token`. While one of them is set and gives no token, no request is sent. Without both, requests have
 *                  no token, for portals whose gateway adds the header; they wait until the page's scripts have run
 *   refresh()      starts a new session, as for another citizen
 *
 * Events; they bubble and leave the shadow tree
 *   hark-inbox-count         detail {total, unread}, whenever they change
 *   hark-inbox-open          detail {id}, when a message is opened
 *   hark-inbox-unauthorised  there is no token, or it was refused, and so was the provider's next token
 *
 * Slot
 *   sign-in        shown when the session has ended: a link or button of the portal
 *
 * Custom properties; each colour has a light and a dark default, by the page's `color-scheme`
 *   --hark-inbox-font  --hark-inbox-radius  --hark-inbox-gap
 *   --hark-inbox-ink  --hark-inbox-quiet  --hark-inbox-surface  --hark-inbox-sunk  --hark-inbox-line
 *   --hark-inbox-accent  --hark-inbox-on-accent  --hark-inbox-focus
 *
 * Parts
 *   inbox header heading badge actions button filter mark-all more retry note state list
 *   message message-unread message-button subject preview time marker content
 *
 * For a strict Content-Security-Policy: `script-src` and `connect-src` with Hark's origin. `style-src` needs no entry. A
 * page that requires Trusted Types allows the policy `hark-inbox`.
 */

import { Client } from "./client.js";
import { MessageList } from "./messages.js";
import { Session } from "./session.js";
import { sheetOf } from "./styles.js";
import { countText, languageOf, subjectOf, TEXTS } from "./texts.js";
import { untilTomorrowMs } from "./times.js";
import { View } from "./view.js";
import { afterScripts } from "./waiting.js";

/** A page that is hidden for this long closes its stream. */
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
  #isStarting = false;
  /** The state of the filter button; kept across sessions. */
  #unreadOnly = false;
  #hiddenTimer;
  #newMessages = [];
  #announceTimer;
  #languageWatch = new MutationObserver(() => this.#followLanguage());
  /** The language in which the messages were requested. */
  #language;
  /** Removes the event listeners. */
  #listening;
  /** Whether the page has set one of the token's properties, even to no token. */
  #isTokenSet = false;
  /** Whether a session of this element had a token. */
  #hadToken = false;
  #dayTimer;

  /** The citizen's access token. */
  get token() {
    return this.#token ?? this.getAttribute("token") ?? "";
  }

  set token(value) {
    const before = this.token;
    this.#isTokenSet = true;
    this.#token = value === null || value === undefined ? undefined : String(value);
    if (this.token !== before) this.#startSoon();
  }

  /** Function that returns the token, and a new one after that was refused. */
  get tokenProvider() {
    return this.#tokenProvider;
  }

  set tokenProvider(value) {
    const hadOne = this.#tokenProvider !== undefined;
    this.#isTokenSet = true;
    this.#tokenProvider = typeof value === "function" ? value : undefined;
    // Frameworks set an equal function at each rendering; only the first one, or one after a sign-out, starts a session.
    if (!hadOne || this.#isSignedOut) this.#startSoon();
  }

  /** Starts a new session, as for another citizen. */
  refresh() {
    this.#startSoon();
  }

  connectedCallback() {
    // Properties set before the element was defined shadow the accessors.
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
    this.#startSoon();
  }

  disconnectedCallback() {
    this.#languageWatch.disconnect();
    this.#listening.abort();
    this.#end();
  }

  /** Defined so that a move within the document does not disconnect the element. */
  connectedMoveCallback() {}

  attributeChangedCallback(name, before, after) {
    if (before === after || this.#view === undefined) return;
    if (name === "base" || (name === "token" && this.#token === undefined)) this.#startSoon();
    // The level of existing heading elements cannot be changed.
    if (name === "heading-level") this.#makeView();
    this.#render();
    if (name === "lang") this.#followLanguage();
  }

  /** Reloads messages for a new language, because they may be translated. */
  #followLanguage() {
    if (this.#session !== undefined && languageOf(this) !== this.#language) this.#startSoon();
    else this.#render();
  }

  /** Starts one session after all synchronous changes. Ends the current session first, so that the next citizen sees nothing of it. */
  #startSoon() {
    if (!this.isConnected || this.#view === undefined) return;
    this.#end();
    this.#isSignedOut = false;
    this.#render();
    if (this.#isStarting) return;
    this.#isStarting = true;
    queueMicrotask(() => {
      this.#isStarting = false;
      if (this.isConnected && this.#session === undefined) this.#startWhenSet();
    });
  }

  /** Whether the page gives the token; otherwise a gateway adds it. */
  get #needsToken() {
    return this.#isTokenSet || this.hasAttribute("token");
  }

  /** Starts now where the page has set a token, or else when its scripts have run: a later one may set it. */
  #startWhenSet() {
    if (this.#needsToken) return this.#start();
    afterScripts(() => {
      if (this.#session === undefined && !this.#isSignedOut) this.#start();
    }, this.#listening.signal);
  }

  #start() {
    this.#language = languageOf(this);
    const client = new Client({
      base: (this.getAttribute("base") ?? "").trim().replace(/\/+$/, ""),
      language: () => languageOf(this),
      provide: async () => {
        const token = String(await (this.#tokenProvider?.() ?? this.token) ?? "");
        this.#hadToken ||= token !== "";
        return token;
      },
      needsToken: () => this.#needsToken,
      canRenew: () => this.#tokenProvider !== undefined,
    });
    const session = new Session(client, {
      changed: () => this.#render(),
      counted: (count) => this.#dispatch("hark-inbox-count", { ...count }),
      arrived: (messages) => this.#announce(messages),
      unauthorised: () => {
        this.#end();
        this.#isSignedOut = true;
        this.#render();
        this.#dispatch("hark-inbox-unauthorised");
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
    clearTimeout(this.#announceTimer);
    clearTimeout(this.#dayTimer);
    this.#newMessages = [];
    this.#view?.announce("");
  }

  #followVisibility() {
    clearTimeout(this.#hiddenTimer);
    if (document.visibilityState === "visible") {
      this.#session?.listen();
      this.#followDay();
    } else this.#hiddenTimer = setTimeout(() => this.#session?.stopListening(), HIDDEN_MS);
  }

  /** Renders again when a new day begins: "today" becomes "yesterday". */
  #followDay() {
    clearTimeout(this.#dayTimer);
    if (this.#session === undefined) return;
    this.#render();
    this.#dayTimer = setTimeout(() => this.#followDay(), untilTomorrowMs(new Date()));
  }

  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  /** Announces new messages, together with those that follow within {@link ANNOUNCE_MS}. */
  #announce(messages) {
    this.#newMessages.push(...messages.filter((message) => !message.isAcknowledged));
    clearTimeout(this.#announceTimer);
    this.#announceTimer = setTimeout(() => {
      const [first, second] = this.#newMessages;
      if (first === undefined) return;
      const language = languageOf(this);
      const texts = TEXTS[language];
      this.#view.announce(
        second === undefined
          ? `${texts.arrived} ${subjectOf(first, texts)}`
          : countText(language, this.#newMessages.length, texts.arrivedCount),
      );
      this.#newMessages = [];
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
      now: new Date(),
      hadToken: this.#hadToken || !this.#needsToken,
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
    // Move the focus to the first added message, unless the user has moved it elsewhere.
    if (added.length > 0 && this.#view.isAtEnd) this.#view.focusMessage(added[0].id);
  }

  #toggleMessage(id) {
    const { list } = this.#session ?? {};
    const message = list?.shown.find((item) => item.id === id);
    if (message === undefined) return;
    if (list.open.delete(id)) return this.#render();
    list.open.add(id);
    this.#render();
    this.#dispatch("hark-inbox-open", { id });
    if (!message.isAcknowledged) this.#session.acknowledge(id);
  }
}

// A page may load the module twice.
if (customElements.get("hark-inbox") === undefined) customElements.define("hark-inbox", HarkInbox);
