/** Shows the copy buttons of a page, which need this script, and copies the text of the element that each names. */
for (const button of document.querySelectorAll("button[data-copies]")) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copies)?.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text.trim());
    } catch {
      // The browser refused: the text can still be selected.
      return;
    }
    button.textContent = button.dataset.copied;
    setTimeout(() => button.textContent = label, 2_000);
  });
}
