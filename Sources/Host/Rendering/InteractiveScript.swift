extension Script {
  /// What makes a figure interactive where a page's head names plotly.js: a button that loads it, once for the page, and the figure's data.
  static let interactive = """
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

    """
}
