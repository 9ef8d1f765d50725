// Compares a chosen file with the SHA-256 of the one that was issued, in the browser: the file is not sent.

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

for (const form of document.querySelectorAll("form[data-check-file]")) {
  if (!window.crypto?.subtle) continue; // without a secure context the form is sent, and the server compares
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const issued = document.getElementById(form.dataset.checkFile).textContent.trim();
    const file = form.querySelector("input[type=file]").files[0];
    const answer = form.querySelector("[role=status]");
    const digest = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    answer.textContent = digest === issued ? answer.dataset.same : answer.dataset.differs;
  });
}
