// Runs in the browser, served as /dev/mailbox.js. It polls the mailbox as data. When that has changed, it fetches the page
// and inserts only the new messages. So the server alone renders messages, and expanded details, scroll position and focus
// stay.

const POLL_MS = 1000;
const REQUEST_TIMEOUT_MS = 10_000;

const list = document.getElementById("messages");
const connection = document.getElementById("connection");
const news = document.getElementById("news");
const whenFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

let tag = "";

/** Shows times in the user's zone and format; the exact time stays in `datetime` and in the tooltip. */
function localiseTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = time.dateTime;
    time.textContent = whenFormat.format(at);
  }
}

/** The first message in the viewport. */
function firstInView() {
  return [...list.children].find((item) => item.getBoundingClientRect().bottom > 0);
}

/** Applies a change of the list and keeps the visible message in place. At the top of the page, new messages come into view. */
function holdScroll(change) {
  const anchor = globalThis.scrollY > 0 ? firstInView() : undefined;
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (before === undefined || !anchor.isConnected) return;
  globalThis.scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
}

/** Updates the list to that of `page`. Messages never change, so shown ones are kept. @returns the added items */
function mergeMessages(page) {
  const items = [...page.getElementById("messages").children];
  const ids = new Set(items.map((item) => item.id));
  for (const item of [...list.children]) if (!ids.has(item.id)) item.remove();
  let next = list.firstElementChild;
  const added = [];
  for (const item of items) {
    const shown = document.getElementById(item.id);
    if (shown !== null) {
      next = shown.nextElementSibling;
      continue;
    }
    localiseTimes(item);
    item.classList.add("new");
    list.insertBefore(item, next);
    added.push(item);
  }
  return added;
}

function announceNew(added) {
  const [first] = added;
  if (first === undefined) return;
  const heading = first.querySelector("h2").textContent;
  news.textContent = added.length === 1
    ? `New message: ${heading}`
    : `${added.length} new messages, the newest: ${heading}`;
}

async function refreshPage() {
  const response = await fetch("/dev/mailbox", {
    cache: "no-store",
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`the page returned ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  holdScroll(() => {
    announceNew(mergeMessages(page));
    for (const id of ["messages", "empty"]) {
      document.getElementById(id).hidden = page.getElementById(id).hidden;
    }
  });
  document.getElementById("count").textContent = page.getElementById("count").textContent;
  document.title = page.title;
}

function isShown(entries) {
  const shown = [...list.children].map((item) => item.id);
  return entries.length === shown.length &&
    entries.every(({ id }, index) => `message-${id}` === shown[index]);
}

async function poll() {
  const response = await fetch("/dev/mailbox.json", {
    cache: "no-store",
    headers: tag === "" ? {} : { "If-None-Match": tag },
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  if (response.status === 304) return;
  if (!response.ok) throw new Error(`the mailbox returned ${response.status}`);
  if (!isShown(await response.json())) await refreshPage();
  tag = response.headers.get("ETag") ?? "";
}

/** Shows the state of the connection. Writes only changes, because screen readers announce the element. */
function showConnection(state, text) {
  if (connection.dataset.state === state) return;
  connection.dataset.state = state;
  connection.textContent = text;
  connection.hidden = false;
}

async function watch() {
  try {
    await poll();
    showConnection("live", "Live");
  } catch {
    showConnection("lost", "Hark does not answer; trying again");
  }
  setTimeout(watch, POLL_MS);
}

localiseTimes(document);
watch();
