/** The editor of a template: marks placeholders as they are typed, and keeps the preview beside it current. */
const form = document.querySelector("form.editor");
const side = form.querySelector("[data-preview]");
const { body } = form.elements;

/** How long nothing must be typed before the preview is asked for, in milliseconds. */
const PAUSE_MS = 250;
const PLACEHOLDER = /\(\([^()]+\)\)|\(\([^()\n]*\)?/g;

const ghost = document.createElement("div");
ghost.className = "ghost";
ghost.setAttribute("aria-hidden", "true");
const box = document.createElement("div");
box.className = "ghosted";
body.before(box);
box.append(ghost, body);

/** Writes the text again behind the text area, with its placeholders marked: those that are not closed as wrong. */
function highlight() {
  const text = body.value;
  const parts = [];
  let end = 0;
  const marks = side.dataset.syntax === "freemarker" ? [] : text.matchAll(PLACEHOLDER);
  for (const { 0: found, index } of marks) {
    const mark = document.createElement("mark");
    mark.textContent = found;
    if (!found.endsWith("))")) mark.className = "bad";
    parts.push(text.slice(end, index), mark);
    end = index + found.length;
  }
  // A last line feed needs a line of its own.
  ghost.replaceChildren(...parts, `${text.slice(end)}\n`);
  ghost.scrollTop = body.scrollTop;
}

let timer;
let asked = 0;
let request;

/** Asks for the preview. An answer to an older question than the newest is dropped. */
async function preview() {
  const question = ++asked;
  request?.abort();
  request = new AbortController();
  try {
    const answer = await fetch(side.dataset.preview, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      signal: request.signal,
    });
    const text = await answer.text();
    // Without a session it is the page for signing in.
    if (question === asked && answer.ok && !answer.redirected) show(text);
  } catch {
    // Aborted, or not reachable: the next letter asks again.
  }
}

function show(text) {
  const answer = new DOMParser().parseFromString(text, "text/html");
  document.getElementById("preview").replaceWith(answer.getElementById("preview"));
  showMail();
  const [old, values] = [document.getElementById("values"), answer.getElementById("values")];
  if (old.dataset.names === values.dataset.names) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(values);
  document.getElementById(focused)?.focus();
}

/** Sends the form to the frame of the email. A frame that is new has no page to go back to. */
function showMail() {
  const button = side.querySelector("button[formtarget]");
  if (button === null) return;
  button.parentElement.hidden = true;
  form.requestSubmit(button);
}

form.addEventListener("input", ({ target }) => {
  if (target === body) highlight();
  clearTimeout(timer);
  timer = setTimeout(preview, PAUSE_MS);
});
body.addEventListener("scroll", () => ghost.scrollTop = body.scrollTop);
for (const button of form.querySelectorAll('button[value="preview"]')) button.hidden = true;
highlight();
showMail();
