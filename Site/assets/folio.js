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
    function show() {
      button.textContent = signs[choices.indexOf(choice)];
      button.title = button.ariaLabel = "Colours: " + (choice === "auto" ? "as the system" : choice);
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
