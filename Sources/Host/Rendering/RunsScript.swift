extension Script {
  /// The table of all runs of a notebook, where it has several pages: searching and sorting loads all rows, and shows the first of those that are found.
  /// It stands among the tools for tables, and uses theirs.
  static let runs = #"""
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
    """#
}
