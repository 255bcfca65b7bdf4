/// The part of the script that tells the reader what runs, what is wrong, and that the preview has ended.
extension LiveScript {
  static let telling = #"""
      function element(name, style, text) {
        const node = document.createElement(name);
        node.className = style;
        if (text !== undefined) node.textContent = text;
        return node;
      }

      const bar = element("div", "folio-bar"), label = element("span", ""), time = element("span", "folio-time");
      const button = element("button", "", "Stop"), panel = element("aside", "folio-problems");
      let status = null, since = 0, clock = 0, hasEnded = false;
      bar.setAttribute("role", "status");
      time.setAttribute("aria-hidden", "true");
      panel.setAttribute("role", "alert");
      panel.tabIndex = 0;
      button.type = "button";
      bar.hidden = panel.hidden = true;
      bar.append(label, time, button);
      document.body.append(panel, bar);

      function setEnded(ended) { hasEnded = ended; draw(); }
      function setStatus(message) {
        status = message && message.status;
        since = message ? performance.now() - message.seconds * 1000 : 0;
        if (!status) { button.disabled = false; button.textContent = "Stop"; }
        draw();
      }
      function draw() {
        clearInterval(clock);
        bar.hidden = !hasEnded && !status;
        time.hidden = button.hidden = hasEnded;
        if (hasEnded) say("Preview ended; the page stays as it was");
        else if (status) {
          const detail = status.detail ? " \u00B7 " + status.detail : "";
          say("Running " + status.cell + ", " + status.number + " of " + status.count + detail);
          clock = setInterval(tick, 100);
          tick();
        }
      }
      function say(text) { if (label.textContent !== text) label.textContent = text; }
      function tick() {
        const seconds = Math.max(0, (performance.now() - since) / 1000), whole = Math.floor(seconds);
        time.textContent = " \u00B7 " + (seconds < 60 ? seconds.toFixed(seconds < 10 ? 1 : 0) + " s"
          : Math.floor(whole / 60) + " min " + whole % 60 + " s");
      }
      button.addEventListener("click", function () {
        const again = function () { button.disabled = false; button.textContent = "Stop"; };
        button.disabled = true;
        button.textContent = "Stopping\u2026";
        fetch("/_folio/stop" + query, { method: "POST" }).then(function (response) { if (!response.ok) again(); }, again);
      });

      function setProblems(problems) {
        panel.textContent = "";
        problems.forEach(function (problem) { panel.append(view(problem)); });
        panel.hidden = problems.length === 0;
      }
      function view(problem) {
        const block = element("div", "folio-problem " + problem.severity), place = problem.place;
        if (place) {
          const column = place.column ? ":" + place.column : "";
          block.append(element("p", "folio-place", place.file + ":" + place.line + column));
        }
        const severity = problem.severity === "error" ? "" : problem.severity + ": ";
        block.append(element("p", "folio-message", severity + problem.message));
        if (problem.excerpt) block.append(excerpt(problem.excerpt, place && place.column));
        if (problem.advice) block.append(element("p", "folio-advice", problem.advice));
        (problem.notes || []).forEach(function (note) { block.append(view(note)); });
        return block;
      }
      // Columns count bytes; the caret stands under the text before it, unseen, so that it stands right in every font.
      function excerpt(line, column) {
        const pre = element("pre", "folio-excerpt", line);
        if (!column) return pre;
        const before = new TextDecoder().decode(new TextEncoder().encode(line).slice(0, column - 1));
        pre.append("\n", element("span", "folio-unseen", before), element("span", "folio-caret", "^"));
        return pre;
      }

      const known = document.querySelector("main"), contents = document.querySelector(sidebar);
      if (known) Array.from(known.children).forEach(function (node) { sources.set(node, node.outerHTML); });
      if (contents) sources.set(contents, contents.outerHTML);
      connect();

    """#
}
