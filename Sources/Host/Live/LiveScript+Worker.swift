/// The part of the script that all windows of a browser share: it listens for the events of all pages over one connection, and hands each
/// window those of its page.
extension LiveScript {
  static let worker = #"""
    // Written by Folio: listens for the changes of all pages, for all windows.
    (function () {
      "use strict";
      const windows = new Map();
      let events = null, isOpen = false, silence = 0, pages = new Map();

      function tell(name, data, page) {
        windows.forEach(function (shown, port) { if (page === undefined || page === shown) port.postMessage({ name, data }); });
      }
      // As it stands now: the cell has gone on running since its status came.
      function stand(port, page) {
        const known = pages.get(page) || {}, status = known.status;
        port.postMessage({ name: "open" });
        const seconds = status && status.seconds + (performance.now() - known.at) / 1000;
        port.postMessage({ name: "status", data: status ? { status: status.status, seconds } : null });
        port.postMessage({ name: "problems", data: known.problems || [] });
        port.postMessage({ name: "page" });
      }
      function listen() {
        events = new EventSource("/_folio/events");
        events.onopen = function () {
          clearTimeout(silence);
          silence = 0;
          isOpen = true;
          pages = new Map();
          windows.forEach(function (page, port) { stand(port, page); });
        };
        events.onerror = function () {
          silence = silence || setTimeout(function () { isOpen = false; tell("ended"); }, 600);
          if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
        };
        ["page", "status", "problems"].forEach(function (name) {
          events.addEventListener(name, function (event) {
            const message = JSON.parse(event.data), known = pages.get(message.page) || {};
            pages.set(message.page, known);
            known[name] = message.data;
            if (name === "status") known.at = performance.now();
            tell(name, message.data, message.page);
          });
        });
      }
      onconnect = function (event) {
        const port = event.ports[0];
        port.onmessage = function (message) {
          if (message.data.leaves) { windows.delete(port); return; }
          windows.set(port, message.data.page);
          if (isOpen) stand(port, message.data.page);
          else if (silence) port.postMessage({ name: "ended" });
        };
      };
      listen();
    })();

    """#
}
