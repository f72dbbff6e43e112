// Runs in the browser, served as /dev/mailbox.js. It asks for the mailbox as data; when that has changed it fetches the
// page and moves only what is new into place, so that the server alone decides how a message looks, and what the reader
// has opened, scrolled to or focused stays.

const POLL_MS = 1000;
const PATIENCE_MS = 10_000;

const list = document.getElementById("messages");
const connection = document.getElementById("connection");
const news = document.getElementById("news");
const whenFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

let tag = "";

/** Writes times in the reader's zone and habit; the exact one stays in `datetime` and in the tooltip. */
function localiseTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = time.dateTime;
    time.textContent = whenFormat.format(at);
  }
}

/** The first message that the reader still sees. */
function firstInView() {
  return [...list.children].find((item) => item.getBoundingClientRect().bottom > 0);
}

/** Lets `change` alter the list above what is being read without moving it. At the very top, the new is what is read. */
function holdScroll(change) {
  const anchor = globalThis.scrollY > 0 ? firstInView() : undefined;
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (before === undefined || !anchor.isConnected) return;
  globalThis.scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
}

/** Makes the list that of `page`; a message never changes, so one that is shown already is left alone. */
function mergeMessages(page) {
  const wanted = [...page.getElementById("messages").children];
  const ids = new Set(wanted.map((item) => item.id));
  for (const item of [...list.children]) if (!ids.has(item.id)) item.remove();
  let next = list.firstElementChild;
  const added = [];
  for (const item of wanted) {
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

function tellNews(added) {
  const [first] = added;
  if (first === undefined) return;
  const heading = first.querySelector("h2").textContent;
  news.textContent = added.length === 1
    ? `New message: ${heading}`
    : `${added.length} new messages, the newest: ${heading}`;
}

async function refreshPage() {
  const answer = await fetch("/dev/mailbox", {
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!answer.ok) throw new Error(`the page answered ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  holdScroll(() => {
    tellNews(mergeMessages(page));
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

async function askOnce() {
  const answer = await fetch("/dev/mailbox.json", {
    cache: "no-store",
    headers: tag === "" ? {} : { "If-None-Match": tag },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (answer.status === 304) return;
  if (!answer.ok) throw new Error(`the mailbox answered ${answer.status}`);
  if (!isShown(await answer.json())) await refreshPage();
  tag = answer.headers.get("ETag") ?? "";
}

/** Says how it stands, only when that changes: the element is read out. */
function showConnection(state, text) {
  if (connection.dataset.state === state) return;
  connection.dataset.state = state;
  connection.textContent = text;
  connection.hidden = false;
}

async function watch() {
  try {
    await askOnce();
    showConnection("live", "Live");
  } catch {
    showConnection("lost", "Hark does not answer; trying again");
  }
  setTimeout(watch, POLL_MS);
}

localiseTimes(document);
watch();
