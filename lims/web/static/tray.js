// The tray: when the part of the page that changes says that the next position is due, the form is sent; the field for
// the scanner has the focus, so that a scan or Enter does the same.
const field = () => document.querySelector("#take [name=scan]");

function begin() {
  const part = document.querySelector("#tray[data-next]");
  const form = part && document.getElementById(part.dataset.next);
  if (!form || form.dataset.begun) return;
  form.dataset.begun = "yes";
  form.requestSubmit();
}

new MutationObserver(begin).observe(document.querySelector("main"), { childList: true, subtree: true });
begin();
if (!document.querySelector(":focus, [data-focus], form [name=why]")) field()?.focus({ preventScroll: true });
