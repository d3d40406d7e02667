/* Downloads. */

/* Saves the file of a link that the API has given. The answer is an attachment, so the page stays. */
export function download(url) {
  location.assign(new URL(url).pathname);
}
