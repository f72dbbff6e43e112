/** Reads the progress of a list every two seconds, and shows it in place of the last one, until the list has ended. */
const INTERVAL_MS = 2_000;
const box = document.querySelector("[data-progress]");

async function show() {
  let text;
  try {
    const answer = await fetch(box.dataset.progress, { headers: { accept: "text/html" } });
    if (answer.redirected || !answer.ok) return location.reload();
    text = await answer.text();
  } catch {
    // The network is gone for a moment.
    return setTimeout(show, INTERVAL_MS);
  }
  const fragment = new DOMParser().parseFromString(text, "text/html").body.firstElementChild;
  // Other buttons belong to another state: the page is read anew.
  if (fragment.dataset.state !== box.firstElementChild.dataset.state) return location.reload();
  box.replaceChildren(fragment);
  if (fragment.dataset.ended === undefined) setTimeout(show, INTERVAL_MS);
}

if (box !== null && box.firstElementChild.dataset.ended === undefined) {
  setTimeout(show, INTERVAL_MS);
}
