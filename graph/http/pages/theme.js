/* Light or dark: as the system is, unless somebody chose otherwise here. */
const CHOSEN = "amc-reports:theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function theme() {
  return localStorage.getItem(CHOSEN) ?? (system.matches ? "dark" : "light");
}

/* Let this button change it. `changed` is called when it has changed, by the button or the system. */
export function keepTheme(button, changed = () => {}) {
  const show = () => {
    document.documentElement.dataset.theme = theme();
    button.textContent = theme() === "dark" ? "Light" : "Dark";
  };
  const change = () => {
    show();
    changed();
  };
  button.onclick = () => {
    localStorage.setItem(CHOSEN, theme() === "dark" ? "light" : "dark");
    change();
  };
  system.addEventListener("change", change);
  show();
}
