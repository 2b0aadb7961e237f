// What the pages gain where scripts run: keys, the browser's time zone, the editor's live part.
// Every page works without it.

const papers = () => [...document.querySelectorAll("[data-paper]")];
let current = -1;

function goTo(step) {
  const all = papers();
  if (!all.length) return;
  all[current]?.removeAttribute("data-current");
  current = Math.min(Math.max(current + step, 0), all.length - 1);
  all[current].setAttribute("data-current", "");
  all[current].tabIndex = -1;
  all[current].focus({ preventScroll: true });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  all[current].scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
}

const keys = {
  j: () => goTo(1),
  k: () => goTo(-1),
  o: () => papers()[current]?.querySelector(".title a")?.click(),
  s: () => papers()[current]?.querySelector("button[value=save]")?.click(),
  "/": () => {
    const field = document.querySelector("input[type=search]");
    if (field) field.focus();
    else location.href = "/search";
  },
  "?": () => document.getElementById("help")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable], .cm-editor");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});

document.getElementById("keys")?.addEventListener("click", keys["?"]);
if (document.getElementById("keys")) document.getElementById("keys").hidden = false;

for (const field of document.querySelectorAll("[data-zone]")) {
  if (!field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

// A word is added to the text or dropped, or a form of one, wherever the text stands now; its effect
// is told right below the row that was touched.
const profile = document.getElementById("profile");
const effect = document.getElementById("effect");
profile?.addEventListener("submit", async (event) => {
  const act = event.submitter?.value ?? "add";
  if (!["add", "drop", "form"].includes(act.split(" ")[0])) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(profile));
  body.set("act", act);
  const answer = await fetch(`${profile.dataset.at}/keyword`, { method: "POST", body }).catch(() => null);
  const told = answer?.ok ? await answer.json() : { note: profile.dataset.failed, touched: "" };
  const row = profile.querySelector(`[data-part="${told.touched}"]`);
  row?.append(effect);
  const isNew = told.text !== undefined && told.text !== profile.elements.text.value.replaceAll("\r\n", "\n");
  const said = document.getElementById("said");
  said.textContent = told.note;
  said.hidden = !told.note;
  if (!isNew) return;
  if (act.startsWith("add")) row.querySelector("input").value = "";
  document.dispatchEvent(new CustomEvent("rewritten", { detail: told }));
  profile.elements.text.value = told.text;
  profile.elements.text.dispatchEvent(new Event("edited", { bubbles: true }));
});

// Numbers of a text that has changed since are hidden until those of the new one are there: a text
// with a mistake has none, and is not counted any more once that is known.
let changes = 0;
let asked = 0;
const text = profile?.elements.text;
function outdated() {
  changes += 1;
  document.body.toggleAttribute("data-stale", true);
  document.body.toggleAttribute("data-counting", true);
}
document.addEventListener("edited", outdated, true);  // before htmx asks
document.addEventListener("input", (event) => {
  if (event.target === text || event.target.closest(".cm-editor")) outdated();
});
document.addEventListener("htmx:before:request", () => { asked = changes; });
function counted() {
  if (asked !== changes) return;
  document.body.removeAttribute("data-counting");
  if (!document.querySelector("#live > .note")) document.body.removeAttribute("data-stale");
}

// The editor is half a megabyte: it is loaded when the text is unfolded.
const folded = document.querySelector("details[data-script]");
function unfold() {
  if (!folded.open || folded.script) return;
  folded.script = Object.assign(document.createElement("script"), { src: folded.dataset.script });
  document.head.append(folded.script);
}
folded?.addEventListener("toggle", unfold);
if (folded) unfold();

// The mail in the frame follows the text, and leaves no trace in the browser's history.
let drawing;
document.addEventListener("htmx:after:swap", () => { counted(); followMail(); });
document.querySelector("[data-mail-frame]")?.addEventListener("toggle", followMail);
function followMail() {
  const frame = document.querySelector("[data-mail-frame][open] iframe[data-follows]");
  const address = document.getElementById("live")?.querySelector("[data-mail]")?.dataset.mail;
  if (!frame || !address || address === frame.dataset.shown) return;
  clearTimeout(drawing);
  drawing = setTimeout(() => {
    // A new frame: else what the page came with may be loaded after this, and stay.
    const fresh = frame.cloneNode();
    Object.assign(fresh, { loading: "eager", src: address });
    fresh.dataset.shown = address;
    frame.replaceWith(fresh);
  }, 50);
}

// Nothing typed is lost by leaving the page by mistake.
if (profile) {
  let saved = profile.elements.text.value;
  profile.addEventListener("submit", () => { saved = profile.elements.text.value; });
  addEventListener("beforeunload", (event) => {
    if (profile.elements.text.value !== saved) event.preventDefault();
  });
}

const offline = document.getElementById("offline");
const tell = () => { if (offline) offline.hidden = navigator.onLine; };
addEventListener("online", tell);
addEventListener("offline", tell);
tell();

// The operator's previews on this machine follow the files of profiles and templates.
const followed = document.querySelector("[data-version]");
async function follow() {
  if (document.hidden) return;
  try {
    const answer = await fetch(followed.dataset.at);
    followed.hidden = answer.ok;
    if (answer.ok && await answer.text() !== followed.dataset.version) location.reload();
  } catch {
    followed.hidden = false;
  }
}
if (followed) {
  setInterval(follow, 1000);
  document.addEventListener("visibilitychange", follow);
}
