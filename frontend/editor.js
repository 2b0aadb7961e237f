// The editor of profiles: CodeMirror over a textarea that stays the form's field, so that the page
// works without this file.  Mistakes and words to complete come from the server; nothing is judged here.

import { acceptCompletion, autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { defaultHighlightStyle, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, linter, lintKeymap } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

// How long nobody types before the server is asked, in milliseconds.
const PAUSE = 120;

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--quiet)" },
  { tag: [tags.string, tags.number, tags.bool], color: "var(--ink)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--paper)", fontSize: "14px" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "2px" },
  ".cm-content": { caretColor: "var(--ink)", fontFamily: "var(--mono)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--paper)", color: "var(--quiet)", border: "none" },
  ".cm-activeLine": { backgroundColor: "var(--lifted)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground":
    { backgroundColor: "var(--mark)" },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--paper)" },
  ".cm-diagnostic": { borderLeftColor: "var(--accent)" },
});

// Where a complaint's line and column (1-based) stand in the text, up to the end of the word there.
function spanOf(doc, complaint) {
  const line = doc.line(Math.min(Math.max(complaint.line, 1), doc.lines));
  const from = Math.min(line.from + Math.max(complaint.column - 1, 0), line.to);
  const rest = doc.sliceString(from, line.to).search(/\s*(#|$)/);
  return { from, to: Math.max(from + Math.max(rest, 0), Math.min(from + 1, line.to)) };
}

async function complaints(view, address) {
  const answer = await fetch(address, {
    method: "POST",
    body: new URLSearchParams({ text: view.state.doc.toString() }),
  });
  if (!answer.ok) return [];
  const found = await answer.json();
  return found.complaints.map((complaint) => ({
    ...spanOf(view.state.doc, complaint),
    severity: complaint.severity,
    message: complaint.hint ? `${complaint.message} (${complaint.hint})` : complaint.message,
  }));
}

// Words that fit where the cursor is: keys at the start of a line, else the values of the line's key,
// else what the papers of late say.
function completed(words) {
  const keys = words.keys.map(({ name, meaning }) => ({ label: name, type: "property", info: meaning, apply: `${name}: ` }));
  const plain = (list) => list.map((label) => ({ label, type: "text" }));
  const values = Object.fromEntries(Object.entries(words.values).map(([key, list]) => [key, plain(list)]));
  const fields = words.fields.map((name) => ({ label: `${name}:`, type: "keyword" }));
  return (context) => {
    const word = context.matchBefore(/[\w.*:/-]*/);
    if (!word || (word.from === word.to && !context.explicit)) return null;
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, word.from - line.from);
    if (before === "") return { from: word.from, options: keys };
    const key = before.match(/^\s*(\w+):/)?.[1] ?? keyAbove(context.state.doc, line.number);
    return { from: word.from, options: values[key] ?? [...fields, ...(values.terms ?? [])] };
  };
}

function keyAbove(doc, number) {
  for (let above = number; above >= 1; above -= 1) {
    const key = doc.line(above).text.match(/^(\w+):/)?.[1];
    if (key) return key;
  }
  return "";
}

function edited(field) {
  let timer;
  return EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    field.value = update.state.doc.toString();
    clearTimeout(timer);
    timer = setTimeout(() => field.dispatchEvent(new Event("edited", { bubbles: true })), PAUSE);
  });
}

function editorOver(field) {
  const words = JSON.parse(document.getElementById("words").textContent);
  const view = new EditorView({
    state: EditorState.create({
      doc: field.value,
      extensions: [
        lineNumbers(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), closeBrackets(),
        highlightActiveLine(), EditorView.lineWrapping, yaml(), syntaxHighlighting(colours),
        syntaxHighlighting(defaultHighlightStyle, { fallback: true }),
        autocompletion({ override: [completed(words)] }), lintGutter(),
        linter((view) => complaints(view, field.dataset.lint), { delay: PAUSE }),
        EditorView.contentAttributes.of({ "aria-label": field.labels[0]?.textContent ?? "" }),
        EditorState.phrases.of(words.phrases),
        EditorView.cspNonce.of(document.querySelector("script[nonce]")?.nonce ?? ""),
        // Tab completes where a list is open and indents elsewhere; Escape and then Tab leaves.
        keymap.of([{ key: "Tab", run: acceptCompletion }, indentWithTab, ...lintKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
        look, edited(field),
      ],
    }),
  });
  field.hidden = true;
  field.after(view.dom);
  // The form above writes the text anew; the editor follows.
  document.addEventListener("rewritten", (event) => {
    const text = event.detail.text;
    if (text !== view.state.doc.toString()) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    }
  });
  return view;
}

for (const field of document.querySelectorAll("textarea[data-lint]")) field.editor = editorOver(field);
