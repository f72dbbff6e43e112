/** Shows the buttons that show a password, which need this script. */
for (const button of document.querySelectorAll("button[data-reveals]")) {
  const input = document.getElementById(button.dataset.reveals);
  const show = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const isShown = input.type === "text";
    input.type = isShown ? "password" : "text";
    button.textContent = isShown ? show : button.dataset.hide;
  });
  // A browser must not keep a password among the texts of its forms.
  input.form.addEventListener("submit", () => input.type = "password");
}
