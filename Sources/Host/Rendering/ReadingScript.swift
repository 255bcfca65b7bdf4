extension Script {
  /// What helps with code and tables: buttons that copy, hide and show code; tables that can be searched and sorted, and say how many of their rows
  /// are below. All that is read is on the page without it.
  static let reading = """
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
        var value = parseFloat(text.replace(/\\u2212/g, "-").replace(/,/g, ""));
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

    \(runs)

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
              + (below ? " \\u00B7 " + below + " below \\u2193" : "");
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
    """
}
