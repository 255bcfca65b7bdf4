/// What the pages do beyond reading: a switch between light and dark, the section in view marked in the contents, what scrolls in reach of the
/// keyboard, and help with code and tables.
package enum Script {
  package static let file = "folio.js"

  package static let text = """
    // Runs in the head, so that the page never flashes in the wrong colours. Without it the page follows the system.
    (function () {
      var root = document.documentElement, choices = ["auto", "light", "dark"], signs = ["\u{25D0}", "\u{2600}\u{FE0E}", "\u{263E}"];
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

    \(reading)

    \(interactive)
    \(search)
    """
}
