extension Script {
  /// The search of the site: a box in the bar, which loads the index when a reader first turns to it, and a list of places below it.
  ///
  /// Every word must stand in a place or in its headings. Accents and capitals make no difference. The arrows go through the list, Enter follows,
  /// Escape leaves, and `/` leads to the box.
  static let search = #"""
    // Searches the site's pages. Its words are on the element that it fills.
    (function () {
      var most = 30, folded = null, loading = null;
      var others = { "\u00DF": "ss", "\u00E6": "ae", "\u0153": "oe", "\u00F8": "o", "\u0142": "l", "\u0111": "d", "\u0131": "i" };

      // One character at a time, so that a place in the folded text leads back to one in the text.
      function fold(text) {
        var result = "", places = [];
        Array.from(text).reduce(function (place, sign) {
          var plain = sign.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
          plain = others[plain] || plain;
          for (var index = 0; index < plain.length; index += 1) places.push(place);
          result += plain;
          return place + sign.length;
        }, 0);
        places.push(text.length);
        return { text: result, places: places };
      }

      function load(root) {
        return loading = loading || new Promise(function (resolve, reject) {
          var script = document.createElement("script");
          script.src = root + "assets/search-index.js";
          script.onload = function () { resolve(window.folioSearchIndex || []); };
          script.onerror = function () { loading = null; reject(); };
          document.head.appendChild(script);
        }).then(function (pages) {
          folded = folded || pages.map(function (page) {
            return { link: page[0], title: page[1], foldedTitle: fold(page[1]).text, pieces: page[2].map(function (piece) {
              return { anchor: piece[0], heading: piece[1], text: piece[2], foldedHeading: fold(piece[1]).text, folded: fold(piece[2]) };
            }) };
          });
          return folded;
        });
      }

      function find(pages, query) {
        var words = fold(query).text.split(/\s+/).filter(Boolean), found = [];
        if (!words.length) return found;
        pages.forEach(function (page, order) {
          page.pieces.forEach(function (piece, index) {
            var rank = 0, hit = -1;
            var isFound = words.every(function (word) {
              var place = piece.folded.text.indexOf(word);
              if (hit < 0 && place >= 0) hit = place;
              var inHeading = piece.foldedHeading.indexOf(word) >= 0, inTitle = page.foldedTitle.indexOf(word) >= 0;
              if (inHeading) rank += 4;
              if (inTitle) rank += index === 0 ? 6 : 1;
              if (place >= 0) rank += 2;
              return place >= 0 || inHeading || inTitle && index === 0;
            });
            if (isFound) found.push({ page: page, piece: piece, rank: rank, hit: hit, order: order, index: index });
          });
        });
        return found.sort(function (a, b) { return b.rank - a.rank || a.order - b.order || a.index - b.index; });
      }

      // The text around the first hit, with every hit marked. All of it is text.
      function excerpt(found, words) {
        var text = found.piece.text, places = found.piece.folded.places, node = document.createElement("span");
        var start = Math.max(0, (found.hit < 0 ? 0 : places[found.hit]) - 60), end = Math.min(text.length, start + 180);
        if (start > 0) { var space = text.indexOf(" ", start); if (space >= 0 && space < start + 20) start = space + 1; }
        var part = text.slice(start, end), plain = fold(part), marks = [];
        words.forEach(function (word) {
          for (var at = plain.text.indexOf(word); at >= 0; at = plain.text.indexOf(word, at + word.length)) {
            marks.push([plain.places[at], plain.places[at + word.length]]);
          }
        });
        marks.sort(function (a, b) { return a[0] - b[0]; });
        var done = 0;
        if (start > 0) node.append("\u2026 ");
        marks.forEach(function (mark) {
          if (mark[0] < done) return;
          node.append(part.slice(done, mark[0]));
          var hit = document.createElement("mark");
          hit.textContent = part.slice(mark[0], mark[1]);
          node.append(hit);
          done = mark[1];
        });
        node.append(part.slice(done) + (end < text.length ? " \u2026" : ""));
        return node;
      }

      function begin(box) {
        var root = box.dataset.root, input = document.createElement("input"), panel = document.createElement("div");
        var list = document.createElement("ul"), note = document.createElement("p"), latest = 0;
        input.type = "search";
        input.placeholder = box.dataset.label;
        input.setAttribute("aria-label", box.dataset.hint);
        input.setAttribute("autocomplete", "off");
        input.setAttribute("spellcheck", "false");
        panel.className = "search-results";
        panel.hidden = true;
        note.setAttribute("role", "status");
        panel.append(note, list);
        box.append(input, panel);

        function links() { return Array.from(list.querySelectorAll("a")); }
        function close() { panel.hidden = true; }
        function show(pages, query) {
          var found = find(pages, query), words = fold(query).text.split(/\s+/).filter(Boolean);
          list.textContent = "";
          panel.hidden = !words.length;
          note.textContent = !found.length ? box.dataset.none
            : (found.length === 1 ? box.dataset.one : box.dataset.many).replace("#", found.length);
          found.slice(0, most).forEach(function (one) {
            var item = document.createElement("li"), link = document.createElement("a"), title = document.createElement("strong");
            link.href = root + one.page.link + (one.piece.anchor ? "#" + encodeURIComponent(one.piece.anchor) : "");
            title.textContent = one.page.title + (one.piece.heading && one.piece.heading !== one.page.title ? " \u203A " + one.piece.heading : "");
            link.append(title, excerpt(one, words));
            item.append(link);
            list.append(item);
          });
        }
        function update() {
          var number = latest += 1, query = input.value;
          if (!query.trim()) return close();
          load(root).then(function (pages) { if (number === latest) show(pages, query); }, function () {
            list.textContent = "";
            note.textContent = box.dataset.failed;
            panel.hidden = false;
          });
        }
        input.addEventListener("focus", function () { load(root).catch(function () {}); if (input.value.trim()) update(); });
        input.addEventListener("input", update);
        box.addEventListener("keydown", function (event) {
          var all = links(), place = all.indexOf(document.activeElement);
          if (event.key === "Escape") { close(); input.focus(); input.select(); }
          else if (event.key === "ArrowDown" && all.length && !panel.hidden) { (all[place + 1] || all[0]).focus(); event.preventDefault(); }
          else if (event.key === "ArrowUp" && place >= 0) { (all[place - 1] || input).focus(); event.preventDefault(); }
          else if (event.key === "Enter" && document.activeElement === input && all.length && !panel.hidden) { all[0].click(); }
        });
        list.addEventListener("click", close);
        document.addEventListener("click", function (event) { if (!box.contains(event.target)) close(); });
        box.addEventListener("focusout", function (event) { if (event.relatedTarget && !box.contains(event.relatedTarget)) close(); });
        document.addEventListener("keydown", function (event) {
          if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
          if (event.target.closest && event.target.closest("input, textarea, select, [contenteditable]")) return;
          input.focus();
          event.preventDefault();
        });
      }

      addEventListener("DOMContentLoaded", function () { document.querySelectorAll(".search").forEach(begin); });
      // An open list of pages or runs is closed by a click elsewhere and by Escape.
      addEventListener("click", function (event) {
        document.querySelectorAll(".site-menu[open], .run-axis details[open]").forEach(function (menu) {
          if (!menu.contains(event.target) || event.target.closest("a")) menu.open = false;
        });
      });
      addEventListener("keydown", function (event) {
        if (event.key !== "Escape") return;
        document.querySelectorAll(".site-menu[open], .run-axis details[open]").forEach(function (menu) { menu.open = false; });
      });
    })();

    """#
}
