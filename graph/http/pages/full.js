/* Full screen: the dashboard without the bar, for a screen on a wall. */

/* The button enters and leaves it; so does the browser's own key. */
export function keepFullScreen(button) {
  button.hidden = !document.fullscreenEnabled;
  button.onclick = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  };
  document.addEventListener("fullscreenchange", () => {
    button.textContent = document.fullscreenElement ? "Leave full screen" : "Full screen";
  });
}
