// The condition editor: CodeMirror over the text area, which stays the field that is sent.
// What is wrong and how it reads comes from the server, as it does without a script; see templates/drafts/reading.html.
(() => {
  "use strict";

  const source = document.getElementById("dictionary");
  const nonce = document.currentScript.nonce;
  if (!source || !window.CodeMirror) return;
  const words = JSON.parse(source.textContent);
  const {
    EditorState, EditorView, keymap, defaultKeymap, history, historyKeymap, StreamLanguage, HighlightStyle,
    syntaxHighlighting, bracketMatching, autocompletion, completionKeymap, setDiagnostics, lintKeymap, tags,
  } = window.CodeMirror;
  const japanese = document.documentElement.lang === "ja";
  const editors = new Map();

  // ---- How it looks ----

  const theme = EditorView.theme({
    "&": { border: "1px solid var(--rule)", borderRadius: "var(--radius)", backgroundColor: "var(--sheet)", color: "var(--ink)" },
    "&.cm-focused": { outline: "3px solid var(--seal)", outlineOffset: "1px" },
    ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "0.95rem", lineHeight: "1.7", minHeight: "11rem" },
    ".cm-content": { fontFamily: "inherit", lineHeight: "inherit", caretColor: "var(--ink)", padding: "0.6rem 0" },
    ".cm-cursor": { borderLeftColor: "var(--ink)" },
    ".cm-line": { padding: "0 0.8rem" },
    ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy 1.5px var(--loss)", textUnderlineOffset: "0.25em" },
    ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--gain-wash)", color: "inherit" },
    ".cm-tooltip": { border: "1px solid var(--rule)", borderRadius: "var(--radius)", backgroundColor: "var(--sheet)", color: "var(--ink)", maxWidth: "min(32rem, 90vw)" },
    ".cm-diagnostic": { padding: "0.4rem 0.7rem", borderLeft: "4px solid var(--loss)", fontFamily: "var(--sans)", fontSize: "0.85rem" },
    ".cm-diagnosticAction": { backgroundColor: "var(--seal)", color: "var(--on-seal)", borderRadius: "var(--radius)", padding: "0.2rem 0.6rem" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--sans)", fontSize: "0.9rem", maxHeight: "14rem" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.35rem 0.7rem", minHeight: "1.5rem" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--ink)", color: "var(--paper)" },
    ".cm-completionDetail": { fontFamily: "var(--mono)", fontStyle: "normal", fontSize: "0.85em", color: "inherit" },
    ".cm-panels": { backgroundColor: "var(--wash)", color: "var(--ink)" },
  });
  const keywords = new Set(words.keywords);
  const language = StreamLanguage.define({
    name: "condition",
    token(stream) {
      if (stream.eatSpace()) return null;
      if (stream.match(/'(?:[^']|'')*'?/)) return "string";
      if (stream.match(/\d+(?:\.\d+)?/)) return "number";
      if (stream.match(/[\p{L}_][\p{L}\p{N}_]*/u)) return keywords.has(stream.current().toUpperCase()) ? "keyword" : "variableName";
      stream.next();
      return null;
    },
  });
  const colours = HighlightStyle.define([
    { tag: tags.keyword, fontWeight: "600" },
    { tag: tags.string, color: "var(--gain)" },
    { tag: tags.number, color: "var(--note)" },
  ]);

  // ---- Completing names and values, in both languages ----

  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const spellings = (word) => [word.text, word.text.split(".").pop(), word.ja, word.en].map(plain);

  function ranked(list, typed) {
    const wanted = plain(typed);
    const rank = (word) => {
      const found = spellings(word).map((each) => each.indexOf(wanted)).filter((place) => place >= 0);
      return found.length ? Math.min(...found) : -1;
    };
    return list.map((word) => [rank(word), word]).filter(([place]) => place >= 0)
      .sort((a, b) => (a[0] > 0) - (b[0] > 0)).map(([, word]) => word);
  }

  const option = (word, text) => ({
    label: text, displayLabel: japanese ? word.ja : word.en, detail: word.text, apply: text, type: word.kind || "value",
  });

  function rowFields(text, entity) {
    const fields = [];
    for (const [, relation, alias] of text.matchAll(/\bFROM\s+([\w.]+)\s+(?:AS\s+)?(\w+)/gi)) {
      const row = words.relations[entity]?.[relation];
      for (const word of words.rows[row] || []) fields.push({ ...word, text: `${alias}.${word.text}` });
    }
    return fields;
  }

  // The field before `= '`, `IN ('a', '` and the like, and what of its value is typed already.
  const VALUE = /([A-Za-z_][\w.]*)\s*(?:=|<>|\b(?:NOT\s+)?IN\s*\((?:[^)]*,)?|\bIS\s+(?:NOT\s+)?DISTINCT\s+FROM)\s*('?)([^',()=<>]*)$/i;

  const completing = (counts) => (context) => {
    const entity = counts()?.value.trim();
    const text = context.state.doc.toString();
    const metrics = words.metrics.filter((word) => words.above[entity]?.includes(word.counts));
    const named = [...rowFields(text, entity), ...(words.entities[entity] || []), ...metrics];
    const before = text.slice(0, context.pos);
    const value = VALUE.exec(before);
    const values = value && named.find((word) => word.text === value[1])?.values;
    if (values?.length && (value[2] || value[3] || context.explicit)) {
      const from = context.pos - value[3].length - value[2].length;
      const to = text[context.pos] === "'" ? context.pos + 1 : context.pos;
      return { from, to, filter: false, options: ranked(values, value[3].trim()).map((word) => option(word, `'${word.text}'`)) };
    }
    const typed = context.matchBefore(/[\p{L}\p{N}_.]+/u);
    if (!typed && !context.explicit) return null;
    const wanted = typed?.text || "";
    const options = ranked(named, wanted).map((word) => option(word, word.text));
    const language = words.keywords.filter((word) => wanted && word.startsWith(wanted.toUpperCase()));
    return {
      from: typed ? typed.from : context.pos,
      filter: false,
      options: [...options, ...language.map((word) => ({ label: word, type: "keyword" }))],
    };
  };

  // ---- One editor ----

  function edit(area) {
    const place = document.createElement("div");
    place.className = "editor";
    area.after(place);
    let speaking = false;
    const view = new EditorView({
      parent: place,
      state: EditorState.create({
        doc: area.value,
        extensions: [
          EditorView.cspNonce.of(nonce),
          EditorState.phrases.of(words.phrases),
          history(), bracketMatching(), language, syntaxHighlighting(colours), theme, EditorView.lineWrapping,
          autocompletion({ override: [completing(() => document.getElementById(area.dataset.counts))], icons: false }),
          // No key for Tab: it leaves the editor, as it leaves any field.
          keymap.of([...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.contentAttributes.of({
            "aria-labelledby": `condition-${area.dataset.condition}-name`,
            "aria-describedby": `reading-${area.dataset.condition}-said`,
            spellcheck: "false", autocapitalize: "off", lang: "en",
          }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            speaking = true;
            area.value = update.state.doc.toString();
            area.dispatchEvent(new Event("input", { bubbles: true }));
            speaking = false;
          }),
        ],
      }),
    });
    area.classList.add("edited");
    area.tabIndex = -1;
    area.setAttribute("aria-hidden", "true");
    area.addEventListener("focus", () => view.focus());
    area.addEventListener("input", () => {
      if (!speaking) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: area.value } });
    });
    editors.set(area, view);
    mark(area);
  }

  // ---- What the server says is wrong, at its place ----

  const listed = (area) => document.getElementById(`reading-${area.dataset.condition}`);

  function mark(area) {
    const view = editors.get(area);
    const list = listed(area)?.querySelector(".flaws");
    if (list && Number(list.dataset.length) !== view.state.doc.length) return;  // said of what stood there before
    const found = [...(list?.children || [])].map((item) => flaw(item, area));
    view.dispatch(setDiagnostics(view.state, found));
    view.contentDOM.setAttribute("aria-invalid", found.length > 0);
  }

  function flaw(item, area) {
    const button = item.querySelector("button");
    const length = editors.get(area).state.doc.length;
    const from = Math.min(Number(item.dataset.start), length);
    const actions = button ? [{ name: button.textContent.trim(), apply: () => mend(area, item) }] : [];
    return { from, to: Math.min(Number(item.dataset.end), length), severity: "error", message: item.querySelector(".error").textContent, actions };
  }

  function mend(area, item) {
    const view = editors.get(area);
    const { start, end, fix } = item.dataset;
    view.dispatch({ changes: { from: Number(start), to: Number(end), insert: fix }, selection: { anchor: Number(start) + fix.length } });
    view.focus();
  }

  document.addEventListener("click", (event) => {
    const item = event.target.closest(".flaws button")?.closest("li");
    const area = item && [...editors.keys()].find((each) => listed(each)?.contains(item));
    if (!area || Number(item.parentElement.dataset.length) !== editors.get(area).state.doc.length) return;
    event.preventDefault();
    event.stopPropagation();
    mend(area, item);
  }, true);

  function refresh() {
    for (const area of editors.keys()) if (!area.isConnected) { editors.get(area).destroy(); editors.delete(area); }
    for (const area of document.querySelectorAll("textarea[data-condition]")) editors.has(area) ? mark(area) : edit(area);
  }

  document.addEventListener("htmx:after:swap", refresh);
  refresh();
})();
