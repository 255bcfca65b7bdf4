// Runs in the head, so that the page never flashes in the wrong colours. Without it the page follows the system.
(function () {
  var root = document.documentElement, choices = ["auto", "light", "dark"], signs = ["◐", "☀︎", "☾"];
  function stored() { try { return localStorage.getItem("folio-theme"); } catch (e) { return null; } }
  function store(choice) { try { localStorage.setItem("folio-theme", choice); } catch (e) {} }
  function apply(choice) {
    if (choice === "auto") root.removeAttribute("data-theme"); else root.setAttribute("data-theme", choice);
  }
  var choice = choices.indexOf(stored()) < 0 ? "auto" : stored();
  apply(choice);

  function addSwitch() {
    var bar = document.querySelector(".bar"), button = document.createElement("button");
    if (!bar) return;
    button.type = "button";
    button.className = "theme";
    var words = (bar.querySelector(".search") || bar).dataset;
    function show() {
      button.textContent = signs[choices.indexOf(choice)];
      button.title = button.ariaLabel =
        (words.colours || "Colours: #").replace("#", words[choice] || (choice === "auto" ? "as the system" : choice));
    }
    button.onclick = function () {
      choice = choices[(choices.indexOf(choice) + 1) % choices.length];
      apply(choice); store(choice); show();
    };
    show();
    bar.appendChild(button);
  }

  var marking = null;
  function markSection() {
    var links = document.querySelectorAll(".sidebar a");
    if (!links.length) return;
    var headings = Array.prototype.map.call(links, function (link) {
      return document.getElementById(decodeURIComponent(link.hash.slice(1)));
    });
    function update() {
      var current = 0;
      headings.forEach(function (heading, index) {
        if (heading && heading.getBoundingClientRect().top < 120) current = index;
      });
      links.forEach(function (link, index) {
        if (index === current) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      });
    }
    removeEventListener("scroll", marking);
    marking = update;
    addEventListener("scroll", marking, { passive: true });
    update();
  }

  // What scrolls sideways can be reached with the keyboard, and only that: other blocks are no stops on the way.
  function reachScrollers() {
    document.querySelectorAll("pre, .scroll").forEach(function (block) {
      if (block.scrollWidth > block.clientWidth || block.scrollHeight > block.clientHeight) block.tabIndex = 0;
      else block.removeAttribute("tabindex");
    });
  }

  // A link to a cell in a fold opens the fold.
  function openTarget() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var fold = target && target.closest("details");
    if (fold) { fold.open = true; target.scrollIntoView(); }
  }

  // A live preview replaces parts of the page.
  document.addEventListener("folio:updated", function () { markSection(); reachScrollers(); });
  addEventListener("DOMContentLoaded", function () { addSwitch(); markSection(); openTarget(); reachScrollers(); });
  addEventListener("resize", reachScrollers);
  addEventListener("hashchange", openTarget);
})();

(function () {
  function button(style, text, act) {
    var made = document.createElement("button");
    made.type = "button"; made.className = style; made.textContent = text; made.onclick = act;
    return made;
  }
  function each(selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); }

  // Pages opened from a disk may be kept from the clipboard's own interface.
  function copy(text, done) {
    function byHand() {
      var field = document.createElement("textarea"), was = document.activeElement;
      field.value = text; field.style.position = "fixed"; field.style.opacity = "0";
      document.body.appendChild(field); field.select();
      try { done(document.execCommand("copy")); } catch (e) { done(false); }
      field.remove();
      if (was) was.focus();
    }
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(function () { done(true); }, byHand); else byHand();
  }

  function addCopying() {
    each(".source > .code, .listing > .code, .prose pre:not(.code)", function (code) {
      var frame = document.createElement("div");
      frame.className = "copyable";
      code.parentNode.insertBefore(frame, code);
      frame.appendChild(code);
      var sign = button("copy", "Copy", function () {
        copy(code.textContent, function (isDone) {
          sign.textContent = isDone ? "Copied" : "Not copied";
          setTimeout(function () { sign.textContent = "Copy"; }, 1600);
        });
      });
      sign.setAttribute("aria-live", "polite");
      frame.appendChild(sign);
    });
  }

  var hides = null;
  function isCodeSeen() {
    if (document.documentElement.hasAttribute("data-hides-code")) return false;
    return Array.prototype.some.call(document.querySelectorAll(".source"), function (code) { return code.tagName !== "DETAILS" || code.open; });
  }
  function addHiding() {
    var bar = document.querySelector(".bar");
    if (!bar || hides || !document.querySelector(".source")) return;
    function show() { hides.textContent = isCodeSeen() ? "Hide code" : "Show code"; }
    hides = button("hides", "", function () {
      if (isCodeSeen()) {
        document.documentElement.setAttribute("data-hides-code", "");
      } else {
        document.documentElement.removeAttribute("data-hides-code");
        each("details.source", function (fold) { fold.open = true; });
      }
      show();
    });
    bar.insertBefore(hides, bar.querySelector(".theme"));
    document.addEventListener("toggle", show, true);
    show();
  }

  function number(text) {
    var value = parseFloat(text.replace(/\u2212/g, "-").replace(/,/g, ""));
    return isNaN(value) ? Infinity : value;
  }
  // Which of two texts with their places comes first. What is no number stays last.
  function order(isNumeric, isFalling) {
    return function (a, b) {
      var left = isNumeric ? number(a.key) : a.key, right = isNumeric ? number(b.key) : b.key;
      if (isNumeric && (left === Infinity) !== (right === Infinity)) return left === Infinity ? 1 : -1;
      var order = isNumeric ? (left < right ? -1 : left > right ? 1 : 0) : left.localeCompare(right, undefined, { numeric: true });
      return (isFalling ? -order : order) || a.place - b.place;
    };
  }
  function sort(table, column, isNumeric, isFalling) {
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows), first = order(isNumeric, isFalling);
    var keys = rows.map(function (row, place) {
      var cell = row.cells[column];
      // What stands for rows that are left out stays last.
      return { row: row, place: place, isLast: !cell || row.cells.length === 1 && cell.colSpan > 1, key: cell ? cell.textContent : "" };
    });
    keys.sort(function (a, b) {
      if (a.isLast !== b.isLast) return a.isLast ? 1 : -1;
      return first(a, b);
    });
    keys.forEach(function (entry) { body.appendChild(entry.row); });
  }

  function addSorting(table, act) {
    var titles = table.tHead ? Array.prototype.slice.call(table.tHead.rows[0].cells) : [];
    titles.forEach(function (title, column) {
      var sorts = button("sort", title.textContent, function () {
        var isFalling = title.getAttribute("aria-sort") === "ascending";
        titles.forEach(function (other) { other.removeAttribute("aria-sort"); });
        title.setAttribute("aria-sort", isFalling ? "descending" : "ascending");
        act(column, title.classList.contains("number"), isFalling);
      });
      if (!title.textContent) return;
      title.textContent = "";
      title.appendChild(sorts);
    });
  }

  function searchField(frame, act) {
    var field = document.createElement("input");
    field.type = "search"; field.className = "find"; field.placeholder = "Find rows";
    field.setAttribute("aria-label", "Find rows of this table");
    field.oninput = act;
    frame.parentNode.insertBefore(field, frame);
    return field;
  }
  function addSearch(frame, table, update) {
    var field = searchField(frame, function () {
      var wanted = field.value.trim().toLowerCase();
      Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
        row.hidden = wanted !== "" && row.textContent.toLowerCase().indexOf(wanted) < 0;
      });
      update();
    });
  }

  function addPagedTools(frame, table) {
    var words = frame.dataset, body = table.tBodies[0], most = Number(words.page), shown = most;
    var titles = Array.prototype.map.call(table.tHead.rows[0].cells, function (cell) { return cell.textContent.toLowerCase(); });
    var styles = Array.prototype.map.call(table.tHead.rows[0].cells, function (cell) { return cell.className; });
    var ofPage = Array.prototype.slice.call(body.rows), all = null, isLoading = false, sorting = null;
    var note = document.createElement("p"), more = button("find-more", "", function () { shown += most; show(); });
    note.className = "rows";
    note.setAttribute("role", "status");
    more.hidden = true;
    var field = searchField(frame, function () { shown = most; update(); });
    field.placeholder = words.label;
    frame.parentNode.insertBefore(note, frame);
    frame.parentNode.insertBefore(more, frame.nextSibling);

    // A word as idx=3 asks for a value, and any other for a text in the row.
    function test(word) {
      var sign = word.indexOf("="), column = sign < 1 ? -1 : titles.indexOf(word.slice(0, sign)), value = word.slice(sign + 1);
      if (column < 0 || value === "") return function (row) { return row.text.indexOf(word) >= 0; };
      return function (row) { return row.cells[column].toLowerCase() === value; };
    }
    function cell(row, text, column) {
      var made = document.createElement("td"), holder = made;
      made.className = styles[column] + (column === Number(words.state) && text !== words.fine ? " failed" : "");
      if (column === 0 && row.isThere) {
        holder = document.createElement("a");
        holder.href = "../" + encodeURIComponent(text) + "/" + words.file;
        made.append(holder);
      }
      holder.textContent = text;
      return made;
    }
    function line(row) {
      var made = document.createElement("tr");
      row.cells.forEach(function (text, column) { made.append(cell(row, text, column)); });
      return made;
    }
    function showPages(isShown) { each(".run-pages", function (pages) { pages.hidden = !isShown; }); }
    function show() {
      var wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean).map(test);
      showPages(!wanted.length && !sorting);
      if (!wanted.length && !sorting) {
        note.textContent = "";
        more.hidden = true;
        body.replaceChildren.apply(body, ofPage);
        return;
      }
      var found = all.filter(function (row) { return wanted.every(function (isFound) { return isFound(row); }); });
      if (sorting) {
        found.forEach(function (row) { row.key = row.cells[sorting.column]; });
        found.sort(order(sorting.isNumeric, sorting.isFalling));
      }
      body.replaceChildren.apply(body, found.slice(0, shown).map(line));
      note.textContent = !found.length ? words.none : (found.length === 1 ? words.one : words.many).replace("#", found.length);
      more.hidden = found.length <= shown;
      more.textContent = words.more.replace("#", found.length - shown);
    }
    function update() {
      if (all) return show();
      if (isLoading) return;
      isLoading = true;
      var script = document.createElement("script");
      script.src = words.rows;
      script.onload = function () {
        all = (window.folioRuns || []).map(function (row, place) {
          return { cells: row[0], isThere: row[1] === 1, place: place, text: row[0].join("\n").toLowerCase() };
        });
        show();
      };
      script.onerror = function () { isLoading = false; note.textContent = words.failed; };
      document.head.appendChild(script);
    }
    addSorting(table, function (column, isNumeric, isFalling) {
      sorting = { column: column, isNumeric: isNumeric, isFalling: isFalling };
      shown = most;
      update();
    });
  }

  function addTableTools() {
    each(".outputs div.table", function (frame) {
      var table = frame.querySelector("table");
      if (!table || !table.tBodies.length || frame.hasAttribute("data-tools")) return;
      frame.setAttribute("data-tools", "");
      var rows = Array.prototype.slice.call(table.tBodies[0].rows), count = frame.nextElementSibling;
      if (frame.hasAttribute("data-rows")) return addPagedTools(frame, table);
      if (rows.length < 8) return;
      var hasCount = count && count.classList.contains("rows"), words = hasCount ? count.textContent : "";
      function update() {
        if (!hasCount) return;
        var end = frame.getBoundingClientRect().bottom, seen = rows.filter(function (row) { return !row.hidden; });
        var below = seen.filter(function (row) { return row.getBoundingClientRect().bottom > end + 2; }).length;
        count.textContent = (seen.length < rows.length ? seen.length + " found of " + words : words)
          + (below ? " \u00B7 " + below + " below \u2193" : "");
      }
      addSorting(table, function (column, isNumeric, isFalling) { sort(table, column, isNumeric, isFalling); });
      if (rows.length >= 16) addSearch(frame, table, update);
      frame.addEventListener("scroll", update, { passive: true });
      addEventListener("resize", update);
      update();
    });
  }

  function addAll() {
    addCopying(); addHiding(); addTableTools();
  }
  addEventListener("DOMContentLoaded", addAll);
  document.addEventListener("folio:updated", addAll);
})();

// Interactive figures, if the site has plotly.js: nothing is loaded before a reader asks for it.
(function () {
  var loaded = {};
  window.folioFigures = window.folioFigures || {};

  function load(path, integrity) {
    return loaded[path] = loaded[path] || new Promise(function (resolve, reject) {
      var script = document.createElement("script");
      script.src = path;
      // A page from a disk has no origin that a digest could be compared for.
      if (integrity && location.protocol !== "file:") { script.integrity = integrity; script.crossOrigin = "anonymous"; }
      script.onload = resolve;
      script.onerror = function () { delete loaded[path]; reject(new Error(path + " cannot be loaded")); };
      document.head.appendChild(script);
    });
  }

  function draw(figure, plotly) {
    var path = figure.dataset.plotly;
    return Promise.all([load(plotly.content, plotly.dataset.integrity), load(path)]).then(function () {
      var source = window.folioFigures[path], ink = getComputedStyle(figure).color;
      var layout = Object.assign({}, source.layout, { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" });
      layout.font = Object.assign({}, source.layout.font, { color: ink });
      layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: "#8a9099", activecolor: ink };
      var space = document.createElement("div");
      space.className = "scroll plotly";
      figure.insertBefore(space, figure.querySelector(".scroll"));
      var cell = figure.closest(".cell"), name = (cell && cell.id) || "figure";
      return Plotly.newPlot(space, source.data, layout, {
        displaylogo: false, scrollZoom: true, toImageButtonOptions: { format: "png", filename: name, scale: 2 }
      }).then(function () {
        space.on("plotly_afterplot", function () { thinLabels(space); });
        thinLabels(space);
        return space;
      });
    });
  }

  // Of the axes' labels as many show as can be read; zooming in shows more, and hovering names every cell.
  function thinLabels(space) {
    [["x", "left"], ["y", "top"]].forEach(function (axis) {
      var last = {};
      space.querySelectorAll("." + axis[0] + "axislayer-above [class$=tick] text").forEach(function (label) {
        var kind = label.parentNode.getAttribute("class"), place;
        label.style.display = "";
        place = label.getBoundingClientRect()[axis[1]];
        if (last[kind] !== undefined && Math.abs(place - last[kind]) < 13) label.style.display = "none";
        else last[kind] = place;
      });
    });
  }

  function addButton(figure, plotly) {
    var button = document.createElement("button"), still = figure.querySelector(".scroll"), space = null;
    button.type = "button";
    button.className = "interact";
    function show(interactive) {
      still.hidden = interactive;
      if (space) space.hidden = !interactive;
      button.textContent = interactive ? "Static" : "Interactive";
      button.setAttribute("aria-pressed", interactive);
    }
    show(false);
    button.onclick = function () {
      if (space) return show(space.hidden);
      button.disabled = true;
      draw(figure, plotly).then(function (drawn) { space = drawn; show(true); }, function (error) {
        button.title = error.message;
        button.textContent = "Not available";
      }).then(function () { button.disabled = false; });
    };
    figure.insertBefore(button, figure.firstChild);
  }

  function addButtons() {
    var plotly = document.querySelector("meta[name=folio-plotly]");
    if (!plotly) return;
    document.querySelectorAll("figure[data-plotly]").forEach(function (figure) {
      if (!figure.querySelector(".interact")) addButton(figure, plotly);
    });
  }
  addEventListener("DOMContentLoaded", addButtons);
  document.addEventListener("folio:updated", addButtons);
})();

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
