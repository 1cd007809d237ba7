// The loader, for other people's pages: <call-me-back widget="…"><a href="…">…</a></call-me-back>
// It upgrades the link inside, which stays a link for as long as anything is missing. It stores
// nothing, and loads nothing before a visitor points at it. How it is used: docs/embedding.md.
(() => {
  const NAME = "call-me-back";
  // Our server puts its own address here (callbacks/widgets/loader.py). The page is not asked: a
  // link there, or what stands in the place of `currentScript`, may be anybody's text; and the
  // site's tools may have moved, merged or inlined this script.
  const ORIGIN = "{{ origin }}";
  // Until the frame is there and says it in its own language: wait, close, and a lone trigger's link.
  const WORDS = {
    en: ["Loading…", "Close", "Call me back"],
    fr: ["Chargement…", "Fermer", "Rappelez-moi"],
  };

  // Without these the link stays what it is. So it does if another copy was here first.
  if (!window.customElements || !document.adoptedStyleSheets || customElements.get(NAME)) return;

  // A constructed style sheet needs no permission from the page's Content-Security-Policy. What the
  // page gives to be inherited ends at the section; its font size is the visitor's own, whatever
  // the page's root has, and all lengths follow that.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host([mode=floating])>slot{visibility:hidden}
    slot[hidden],.away>iframe,.away span,.box:not(.wait,.away)>p,:host([mode=inline][open]) .close{display:none}
    section{all:initial;display:contents;visibility:inherit;font:600 medium/1.5 system-ui}
    button{border:0;font:inherit}
    .float{position:fixed;z-index:2147483647;inset:auto;inset-inline-end:1em;bottom:1em;margin:0;padding:.75em 1.5em;border-radius:2em;background:#1d4ed8;color:#fff;box-shadow:0 4px 16px #0006}
    :host([position=left]) .float{right:auto;left:1em}
    :host([position=right]) .float{right:1em;left:auto}
    .box{box-sizing:border-box;width:27em;max-width:100%;padding:0;border:1px solid #8886;border-radius:1em;background:Canvas;color:CanvasText;overflow:hidden;color-scheme:light dark}
    :host([theme=light]) .box{color-scheme:light}
    :host([theme=dark]) .box{color-scheme:dark}
    div{position:relative}
    dialog.box{max-width:calc(100% - 1em);margin-top:7dvh}
    dialog::backdrop{background:#000a}
    iframe{display:block;width:100%;height:30em;border:0}
    dialog iframe{max-height:86dvh}
    div>iframe{min-height:max(46em,66em - 60vw)}
    .wait>iframe{visibility:hidden}
    p{display:grid;place-content:center;margin:0;padding:4em;text-align:center;animation:0s .3s backwards late}
    .wait>p{position:absolute;inset:0}
    @keyframes late{from{visibility:hidden}}
    .close{position:absolute;top:.5em;inset-inline-end:.5em;width:2.75em;height:2.75em;background:#0000;color:CanvasText}
    @media print{section{display:none}}
  `);

  const widgets = new Map(); // those that are on the page now, by their elements
  let passed = {}; // what the page has passed for the form, by widget; under "" for all
  let page; // ends what listens on the page itself

  function make(name, attributes = {}, ...content) {
    const element = document.createElement(name);
    Object.entries(attributes).forEach((pair) => element.setAttribute(...pair));
    element.append(...content);
    return element;
  }

  const on = (target, types, handler, options) =>
    types.split(" ").forEach((type) => target.addEventListener(type, handler, options));

  // The language around a node, out of shadow trees as well.
  const language = (node) =>
    node ? node.closest("[lang]")?.lang || language(node.getRootNode().host) : "";

  // A click that would not open the link in another tab or window.
  const isPlain = (event) =>
    !(event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey);

  function mount(element) {
    const attribute = (name) => element.getAttribute(name) || "";
    const id = attribute("widget");
    const isInline = attribute("mode") === "inline";
    const hides = attribute("when-closed") === "hide";
    const root = element.shadowRoot || element.attachShadow({ mode: "open" });
    const slot = make("slot");
    const section = make("section");
    const life = new AbortController();
    const { signal } = life;
    // `topic` is that of the form in the frame: the page's, or the one that the visitor chose there.
    let box, frame, cross, float, timer, openers, isAwaited, isOpen, isReady, last, topic;
    let isForm = true; // also while it loads; until the frame shows a request

    const label = () => element.textContent.trim();
    const emit = (type) =>
      element.dispatchEvent(
        new CustomEvent("callmeback:" + type, { bubbles: true, composed: true, detail: { widget: id, topic } })
      );

    function warm() {
      const lang = language(element);
      const src = `${ORIGIN}/embed/${id}/?lang=${lang}&topic=${attribute("topic")}&theme=${attribute("theme")}`;
      if (box) {
        // The page speaks another language by now, or is about another topic.
        if (isForm && !isOpen && frame.getAttribute("src") !== src) load(src);
        return;
      }
      const words = WORDS[(lang || navigator.language).slice(0, 2)] || WORDS.en;
      const href = element.querySelector("a[href]") || `${ORIGIN}/w/${id}/`;
      const title = label() || words[2];
      frame = make("iframe", { title, referrerpolicy: "origin" });
      cross = make("button", { class: "close", "aria-label": words[1] }, "×");
      box = make(
        isInline ? "div" : "dialog",
        { "aria-label": title },
        make("p", {}, make("a", { href, target: "_blank" }, title), make("span", {}, words[0])),
        frame,
        cross
      );
      box.hidden = isInline;
      box.onclose = closed;
      load(src);
      section.append(box);
      frame.onload = () => {
        isReady = false;
        giveUpAfter(2000);
        hello();
      };
      on(window, "message", hear, life);
      // Before the page sees them: if it holds the focus in a dialog of its own, ours is outside.
      on(window, "click mousedown pointerdown touchstart keydown focusin", guard, { capture: true, signal });
    }

    function load(src) {
      isReady = undefined;
      box.className = "box wait";
      frame.setAttribute("src", src);
    }

    // After so many ms the link is all that is offered, and the console says what may be missing.
    function giveUpAfter(patience) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        box.className = "box away";
        if (float) float.hidden = false;
        console.warn(
          `${NAME}: the form did not load. Add ${[location.origin, ...(location.ancestorOrigins || [])]} to the allowed sites of ${id}, or ${ORIGIN} to your frame-src.`
        );
      }, patience);
    }

    // An address without what may be a secret of the page or of its visitor: only the parameters of a
    // campaign are kept, utm_* and those that the owner names (an empty name is none).
    function clean(address) {
      if (!address) return "";
      const url = new URL(address);
      url.search = url.search.slice(1).split("&").filter((pair) =>
        /^utm_[a-z_]+=/.test(pair) || attribute("campaign").split(" ").includes(pair.split("=")[0] || 0)
      ).join("&");
      return url.origin + url.pathname + url.search;
    }

    function hello() {
      if (isReady === undefined) return; // the frame is not there yet, and gets it when it is
      const prefill = {
        number: attribute("prefill-number"),
        email: attribute("prefill-email"),
        ...passed[""],
        ...passed[id]
      };
      frame.contentWindow.postMessage(
        {
          callmeback: 1,
          type: "hello",
          page: { url: clean(location), title: document.title, referrer: clean(document.referrer) },
          prefill
        },
        ORIGIN
      );
    }

    function hear({ data, origin, source }) {
      if (source !== frame.contentWindow || origin !== ORIGIN || data.callmeback !== 1) return;
      const type = data.type;
      topic = data.topic ?? topic; // the page of a request does not say it
      if (type === "ready") {
        clearTimeout(timer);
        box.className = "box";
        // Its later pages take the focus themselves, and lose it in Chromium if the frame is focused.
        if (isOpen && isAwaited) {
          // Focused before its page was there, the frame has lost it in Chromium without a word.
          frame.blur();
          frame.focus();
        }
        // Safari does not scroll the page to what takes the focus in a frame.
        if (data.answer && !isReady && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
        isAwaited = false;
        isReady = true;
        isForm = isForm || data.form;
        if (float) float.hidden = hides && data.closed;
        box.dir = data.dir;
        frame.title = data.title;
        box.setAttribute("aria-label", data.title);
        cross.setAttribute("aria-label", data.close);
      }
      if (type === "height") frame.style.height = Math.min(data.height, 4000) + "px";
      if (type === "status") {
        if (isForm) emit("submitted");
        // The frame repeats it with each page.
        if (data.event && (isForm || data.event !== last)) emit(data.event);
        isForm = false;
        last = data.event;
      }
      if (type === "close") box.close?.();
    }

    function guard(event) {
      const path = event.composedPath();
      // A key that is pressed on its way through the browser's own buttons is the body's.
      if (!path.includes(box) && !(isOpen && path[0] === document.body)) return;
      if (!isInline) event.stopPropagation();
      if (event.type === "click" && [cross, isInline || box].includes(path[0])) close();
    }

    // `path`: the element that opened it, and those around it.
    function open(path = [document.activeElement]) {
      warm();
      if (isOpen) return;
      isOpen = true;
      openers = path;
      if (isInline) box.hidden = !(slot.hidden = true);
      else box.showModal();
      hello();
      isAwaited = !isReady && path[0];
      if (isReady) frame.focus();
      else if (isReady === undefined) giveUpAfter(8000);
      emit("open");
    }

    function close() {
      if (!isOpen) return;
      if (box.close) return box.close();
      box.hidden = !(slot.hidden = false);
      closed();
    }

    function closed() {
      if (!isOpen) return;
      isOpen = false;
      // The first that takes the focus: what was clicked may be the text inside a link.
      openers.find((node) => (node.focus?.(), node.getRootNode?.().activeElement === node));
      emit("closed");
    }

    function place() {
      if (float) float.style.bottom = attribute("offset") && parseFloat(attribute("offset")) + "px";
    }

    function unmount() {
      life.abort();
      clearTimeout(timer);
      root.replaceChildren(make("slot"));
      widgets.delete(element);
      closed();
    }

    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(slot, section);
    if (attribute("mode") === "floating") {
      float = make("button", { class: "float", part: "button", popover: "manual", "aria-haspopup": "dialog" }, label());
      float.style.background = attribute("accent");
      float.style.color = attribute("accent-text");
      section.append(float);
      place();
      // Above everything that only has a high z-index, and fixed to the window for certain.
      float.showPopover?.();
      // Only the frame knows whether it is closed now.
      if (hides) {
        float.hidden = true;
        const ask = () => (warm(), giveUpAfter(8000));
        // The page is not held up.
        if (document.readyState === "complete") ask();
        else on(window, "load", ask, life);
      }
      // A translator, or a framework, changes the text inside the link.
      const observer = new MutationObserver(() => {
        if (float.textContent !== label()) float.textContent = label();
      });
      observer.observe(element, { childList: true, characterData: true, subtree: true });
      signal.onabort = () => observer.disconnect();
    }
    on(element, "pointerenter focusin", warm, life);
    on(
      element,
      "click",
      (event) => {
        const path = event.composedPath();
        if (!isPlain(event) || path.includes(box)) return;
        warm();
        // Known to be away, it is a link like any other.
        if (box.className === "box away") return;
        event.preventDefault();
        open(path);
      },
      life
    );
    widgets.set(element, { id, open, close, hello, warm, place, unmount });
    listen();
    // With the page itself nothing is focused.
    if (element.hasAttribute("open")) open(isInline ? [] : undefined);
  }

  const chosen = (target) =>
    [...widgets].filter(([element, { id }]) => !target || target === element || target === id);

  // The widget of that id, on the page or added to it.
  function obtain(target) {
    if (target && !chosen(target)[0]) {
      const element = make(NAME, { widget: target });
      element.isMade = true;
      document.body.append(element);
    }
    return chosen(target)[0]?.[1];
  }

  function listen() {
    if (page) return;
    page = new AbortController();
    on(
      document,
      "pointerover focusin click",
      (event) => {
        const path = event.composedPath(); // which shows the inside of open shadow trees
        const trigger = path.find((node) => node.matches?.("[data-callmeback-open]"));
        const widget = trigger && isPlain(event) && obtain(trigger.dataset.callmebackOpen);
        if (!widget) return;
        widget.warm();
        if (event.type !== "click") return;
        event.preventDefault();
        widget.open(path);
      },
      page
    );
  }

  const commands = {
    open: (target) => obtain(target).open(),
    close: (target) => chosen(target).forEach(([, widget]) => widget.close()),
    prefill(values, target = "") {
      passed[target] = { ...passed[target], ...values };
      chosen(target).forEach(([, widget]) => widget.hello());
    },
    on(type, handler) {
      listen();
      on(document, "callmeback:" + type, handler, page);
    },
    destroy(target) {
      for (const [element, widget] of chosen(target)) {
        widget.unmount();
        if (element.isMade) element.remove();
      }
      if (target) return;
      passed = {};
      page = page?.abort();
    }
  };

  function run(command, ...rest) {
    try {
      commands[command](...rest);
    } catch (error) {
      console.warn(command, error);
    }
  }

  class Upgraded extends HTMLElement {
    static observedAttributes = ["widget", "mode", "lang", "theme", "offset", "when-closed"];
    connectedCallback() {
      if (!widgets.has(this) && this.getAttribute("widget")) mount(this);
    }
    disconnectedCallback() {
      widgets.get(this)?.unmount();
    }
    attributeChangedCallback(name) {
      const widget = widgets.get(this);
      if (!widget) return;
      if (name === "offset") return widget.place();
      widget.unmount();
      this.connectedCallback();
    }
  }

  const queue = window.CallMeBack?.q;
  const work = () => queue?.forEach((command) => run(...command));
  window.CallMeBack = run;
  customElements.define(NAME, Upgraded);
  listen();
  if (document.readyState === "loading") on(window, "DOMContentLoaded", work);
  else work();
})();
