/// What keeps a page up to date in the browser: it listens for events, fetches the page anew, and replaces what differs.
///
/// What differs is told from the page as it was sent, not as it stands: the site's own script, an open fold or a scrolled block
/// change what stands there. All texts become text nodes; markup comes from the page itself only.
enum LiveScript {
  static let text = listening + updating + keeping + telling + "})();\n"

  private static let listening = #"""
    // Written by Folio: keeps the page up to date in place.
    (function () {
      "use strict";
      const page = document.currentScript.dataset.page || "", query = "?page=" + encodeURIComponent(page);
      const sources = new WeakMap(), sidebar = "nav.sidebar";
      let worker = null, events = null, retry = 0, silence = 0;

      // A browser opens only some connections to a server, so all windows share one stream of events, in a worker. Where there is no such
      // worker, a page that nobody sees gives its own stream back.
      function connect() {
        clearTimeout(retry);
        if (worker || events) return;
        if (window.SharedWorker) {
          try {
            worker = new SharedWorker("/_folio/events.js");
            worker.port.onmessage = function (event) { receive(event.data.name, event.data.data); };
            worker.port.postMessage({ page });
            return;
          } catch (error) { worker = null; }
        }
        if (!document.hidden) listen();
      }
      function listen() {
        events = new EventSource("/_folio/events" + query);
        events.onopen = function () { clearTimeout(silence); silence = 0; setEnded(false); };
        events.onerror = function () {
          silence = silence || setTimeout(function () { setEnded(true); }, 600);
          if (events && events.readyState === EventSource.CLOSED) { disconnect(); retry = setTimeout(connect, 2000); }
        };
        ["page", "status", "problems"].forEach(function (name) {
          events.addEventListener(name, function (event) { receive(name, JSON.parse(event.data)); });
        });
      }
      function receive(name, data) {
        if (name === "page") refresh();
        else if (name === "status") setStatus(data);
        else if (name === "problems") setProblems(data);
        else setEnded(name === "ended");
      }
      function disconnect() {
        if (events) events.close();
        if (worker) { worker.port.postMessage({ leaves: true }); worker.port.close(); }
        events = worker = null;
      }
      document.addEventListener("visibilitychange", function () {
        if (!document.hidden) return connect();
        clearTimeout(silence); silence = 0;
        if (events) disconnect();
      });
      addEventListener("pagehide", disconnect);
      addEventListener("pageshow", connect);

      let isFetching = false, isStale = false, whole = null;
      async function refresh() {
        isStale = true;
        if (isFetching) return;
        isFetching = true;
        try {
          while (isStale) {
            isStale = false;
            const response = await fetch(location.pathname + location.search, { cache: "no-store" });
            if (response.ok) apply(await response.text());
          }
        } catch (error) { /* The server has gone; once it is back, it says how things stand. */ }
        isFetching = false;
      }

    """#

  private static let updating = #"""
      // Children of `main` by key: a cell or heading by its id, others by their kind and place after one.
      function keyed(parent) {
        let after = "", counts = {};
        return Array.from(parent.children, function (node) {
          const source = sources.get(node) || node.outerHTML;
          if (node.id) { after = node.id; counts = {}; return { key: "#" + node.id, node, source }; }
          const kind = node.localName + "." + node.className;
          counts[kind] = (counts[kind] || 0) + 1;
          return { key: after + " " + kind + " " + counts[kind], node, source, isLoose: true };
        });
      }

      function imported(node, source) {
        const copy = document.importNode(node, true);
        sources.set(copy, source);
        return copy;
      }

      function apply(text) {
        const fresh = new DOMParser().parseFromString(text, "text/html");
        const main = document.querySelector("main"), freshMain = fresh.querySelector("main");
        if (!main || !freshMain) {  // No page of Folio's, or one that was not there yet.
          if (freshMain || (whole !== null && whole !== text)) location.reload();
          whole = text;
          return;
        }
        const place = placeIn(main), focus = focused(main), replaced = new Map();
        const added = updateMain(main, freshMain, replaced);
        const isSidebarNew = updateSidebar(main, fresh.querySelector(sidebar));
        updateSite(fresh);
        document.title = fresh.title;
        if (!added && !isSidebarNew) return;
        document.dispatchEvent(new CustomEvent("folio:updated"));
        restoreFocus(focus, replaced);
        restorePlace(place, replaced);
      }

      // Returns whether anything differed. What stays is not touched, not even moved, unless its order changed.
      function updateMain(main, freshMain, replaced) {
        const old = keyed(main), byKey = new Map(old.map(function (entry) { return [entry.key, entry]; }));
        const fresh = keyed(freshMain), kept = new Map(), used = new Set();
        const use = function (entry, match) { if (match) { kept.set(entry, match.node); used.add(match); } };
        fresh.forEach(function (entry) {
          const match = byKey.get(entry.key);
          if (match && match.source === entry.source) use(entry, match);
        });
        fresh.forEach(function (entry) {
          if (kept.has(entry) || !entry.isLoose) return;
          use(entry, old.find(function (other) { return other.isLoose && !used.has(other) && other.source === entry.source; }));
        });
        const changed = fresh.filter(function (entry) { return !kept.has(entry); });
        changed.forEach(function (entry) {
          const match = byKey.get(entry.key), node = imported(entry.node, entry.source);
          kept.set(entry, node);
          if (match && !used.has(match)) {
            used.add(match);
            replaced.set(match.node, node);
            keepState(match.node, node);
          }
          if (node.matches(".cell")) highlight(node);
        });
        const gone = old.filter(function (entry) { return !used.has(entry); });
        gone.forEach(function (entry) { entry.node.remove(); });
        let next = main.firstElementChild;
        fresh.forEach(function (entry) {
          const node = kept.get(entry);
          if (node === next) next = next.nextElementSibling; else main.insertBefore(node, next);
        });
        return changed.length + gone.length > 0;
      }

      function updateSidebar(main, fresh) {
        const old = document.querySelector(sidebar), source = fresh && fresh.outerHTML;
        if (old ? sources.get(old) === source : !fresh) return false;
        if (!fresh) { old.remove(); return true; }
        const node = imported(fresh, source);
        if (!old) { (document.querySelector(".side") || main).append(node); return true; }
        const current = old.querySelector("[aria-current]");
        node.querySelectorAll("a").forEach(function (link) {
          if (current && link.hash === current.hash) link.setAttribute("aria-current", "true");
        });
        const top = old.scrollTop;
        old.replaceWith(node);
        node.scrollTop = top;
        return true;
      }

      // What the page shows of the site: an open list of pages stays open, and a search that has begun is not disturbed.
      function updateSite(fresh) {
        [[".side", ".site-nav"], [".bar", ".site-menu"], ["body", ".site-footer"]].forEach(function (place) {
          const old = document.querySelector(place[1]), next = fresh.querySelector(place[1]);
          const source = next ? next.outerHTML : "";
          if (old ? (sources.get(old) || plain(old)) === source : !next) return;
          if (!next) { old.remove(); return; }
          const node = imported(next, source), parent = document.querySelector(place[0]);
          if (old) { node.open = old.open; old.replaceWith(node); }
          else if (parent && place[0] === "body") parent.append(node);
          else if (parent) parent.insertBefore(node, place[0] === ".bar" ? parent.children[1] || null : parent.firstChild);
        });
        const home = document.querySelector(".bar .home"), freshHome = fresh.querySelector(".bar .home");
        if (home && freshHome && home.textContent !== freshHome.textContent) home.textContent = freshHome.textContent;
      }
      function plain(node) {
        const copy = node.cloneNode(true);
        copy.removeAttribute("open");
        return copy.outerHTML;
      }

      function highlight(node) {
        node.classList.add("folio-fresh");
        node.addEventListener("animationend", function (event) {
          if (event.target === node) node.classList.remove("folio-fresh");
        });
      }

    """#

  private static let keeping = #"""
      // Puts the new one in the place of the old, with the same folds open and the same blocks scrolled.
      function keepState(old, node) {
        const pairs = function (selector) {
          const others = within(node, selector);
          return within(old, selector).map(function (one, index) { return [one, others[index]]; })
            .filter(function (pair) { return pair[1]; });
        };
        pairs("details").forEach(function (pair) { pair[1].open = pair[0].open; });
        const scrolled = pairs("pre, .scroll").map(function (pair) { return [pair[1], pair[0].scrollLeft, pair[0].scrollTop]; });
        old.replaceWith(node);
        scrolled.forEach(function (block) { block[0].scrollLeft = block[1]; block[0].scrollTop = block[2]; });
      }
      function within(node, selector) {
        return (node.matches(selector) ? [node] : []).concat(Array.from(node.querySelectorAll(selector)));
      }

      // What is at the top of the window, and what it is part of: the way down from a child of `main`, with how high each stands.
      function placeIn(main) {
        if (scrollY <= 0) return null;
        const top = function (node) { return node.getBoundingClientRect().top; };
        const isVisible = function (node) { const box = node.getBoundingClientRect(); return box.height > 0 && box.bottom > 1; };
        const children = Array.from(main.children), first = children.findIndex(isVisible);
        if (first < 0) return null;
        const way = [];
        for (let node = children[first]; node && top(node) < 0 && !node.matches("pre, svg");) {
          const index = Array.from(node.children).findIndex(isVisible);
          node = node.children[index];
          if (node) way.push({ index, name: node.localName, top: top(node) });
        }
        return { way, nodes: children.slice(first).map(function (node) { return { node, top: top(node) }; }) };
      }

      function restorePlace(place, replaced) {
        if (!place) return;
        const stands = function (old) { return replaced.get(old.node) || (old.node.isConnected ? old.node : null); };
        const old = place.nodes.find(stands);
        if (!old) return;
        let node = stands(old), top = old.top;
        (old === place.nodes[0] ? place.way : []).every(function (step) {
          const child = node.children[step.index];
          if (!child || child.localName !== step.name) return false;
          node = child;
          top = step.top;
          return true;
        });
        scrollBy({ top: node.getBoundingClientRect().top - top, behavior: "instant" });
      }

      function focused(main) {
        const node = document.activeElement, way = [];
        if (!node || node === main || !main.contains(node)) return null;
        let root = node;
        for (; root.parentElement !== main; root = root.parentElement) {
          way.unshift(Array.prototype.indexOf.call(root.parentElement.children, root));
        }
        return { node, root, way };
      }

      function restoreFocus(focus, replaced) {
        const root = focus && replaced.get(focus.root);
        if (!root) return;
        const node = focus.way.reduce(function (parent, index) { return parent && parent.children[index]; }, root);
        if (!node || node.localName !== focus.node.localName) return;
        if (focus.node.hasAttribute("tabindex")) node.tabIndex = focus.node.tabIndex;
        node.focus({ preventScroll: true });
      }

    """#
}
