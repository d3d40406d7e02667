/* The light or dark theme: the system's, unless the reader has chosen one on this page. */
const CHOSEN = "amc-reports:theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function theme() {
  return localStorage.getItem(CHOSEN) ?? (system.matches ? "dark" : "light");
}

/* Makes a button that changes the theme. Calls `changed` after a change by the button or the system. */
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
