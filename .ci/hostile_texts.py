"""See hostile-texts: makes what is hostile, and looks at what Folio makes of it."""

import json
import os
import pty
import re
import subprocess
import sys

import html5lib
import pyte
from markdown_it import MarkdownIt

FOLIO, WORK = sys.argv[1:]
os.environ["FOLIO_CACHE"] = WORK + "/cache"

TEXTS = [
    "\x1b]0;title\x07\x1b[2J\x1b[H", "\x9b31m\x90q\x9c", "\u202eevil\u2066", "zero\u200bwidth\ufeff", "a\rb\x08c", "a\n\n# heading\n",
    "| a | b |\n|---|---|\n| 1 | 2 |", "`code` ``two`` ```", "` `", "\\| \\` \\", "![x](http://e.vil/x.png)", "<img src=x onerror=alert(1)>",
    "@everyone #1 GH-2", "https://e.vil www.e.vil m@e.vil", "$x$ $$y$$ :smile:", "- [ ] task\n1. item", "</details></script><h1>x</h1>",
    "&lt;b&gt; &#64;", "  lead and trail  ", "*a* _b_ ~c~", "```\nfence\n```", "~~~\r# heading\r~~~", "\x00\ufffe\x7f", "[ref]: http://e.vil",
    "<!-- ", "]]> -->", "\x1b[?1049h\x1b[8m", "' onload='alert(1)", '" onload="alert(1)', "javascript:alert(1)", "a\u2028b\u2029c\x85d",
    "\x1b]8;;http://e.vil\x07link\x1b]8;;\x07", "\x1bc", "\x0e\x0f", "\x1b#8", "\x1bP+q\x1b\\",
]
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u2028\u2029]")
failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)


def swift(text):
    return '"' + "".join(f"\\u{{{ord(c):x}}}" for c in text) + '"'


def notebook(mark):
    """A notebook whose cells put the texts out in every way that there is."""
    cells = []
    for text in TEXTS:
        t, m = swift(text), swift(text + mark)
        cells.append(f"print({t}, {m}); fputs({m}, stderr)")
        cells.append(f"{m}")
        cells.append(f"Table(columns: [{t}, \"v\"], rows: [[{m}, 1], [\"r\", {m}]])")
        cells.append(f"Heatmap([[1.0, {1 + len(mark)}]], title: {m}, x: {t}, y: {t}, xLabels: [{t}, \"b\"])")
        cells.append(f"LineChart([{m}: [1, 2, {len(mark)}.5]], x: {t}, y: {t})")
    source = "---\ntitle: " + json.dumps("T " + TEXTS[16]) + "\nparams:\n  p: " + json.dumps(TEXTS[11]) + "\n---\n"
    return source + "".join(f"```swift\n{c}\n```\n\n" for c in cells)


def run(*arguments, **options):
    return subprocess.run([FOLIO, *arguments], capture_output=True, text=True, encoding="utf-8", errors="replace", **options)


def check_page(path, html):
    """No element or attribute but Folio's, nothing that steers."""
    # Line breaks of any kind are breaks in HTML, and no more.
    expect(not STEERING.search(re.sub("[\r\u2028\u2029]", "", html)), f"{path}: steers")
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        name = element.tag.split("}")[-1]
        expect(name not in ("img", "iframe", "object", "embed", "base", "form"), f"{path}: <{name}>")
        for key, value in element.attrib.items():
            key = str(key)
            expect(not key.lower().startswith("on"), f"{path}: {key}")
            expect(not (key in ("href", "src") and re.match(r"\s*(https?:|javascript:|data:text)", value)), f"{path}: {key}={value[:40]}")
        if name == "h1":
            expect("x" != "".join(element.itertext()).strip(), f"{path}: a heading of a record")


def check_terminal(what, text):
    """After a terminal has shown it, each line stands where it stood, and nothing else happened."""
    lines = text.replace("\r\n", "\n").split("\n")
    screen = pyte.Screen(8000, len(lines) + 2)
    stream = pyte.Stream(screen)
    stream.feed("\n".join(lines).replace("\n", "\r\n"))
    plain = [re.sub("\x1b\\[[0-9]*m", "", line) for line in lines]
    expect(screen.title == "" and screen.icon_name == "", f"{what}: the title of the terminal")
    expect(not any(STEERING.search(line) for line in plain), f"{what}: steers: {[l for l in plain if STEERING.search(l)][:2]!r}")
    shown = [re.sub(r"\s", "", line) for line in screen.display]
    for number, line in enumerate(plain):
        # Wide and combining characters take other cells; the letters must be there.
        letters = re.sub(r"[^!-~]", "", line)
        expect(letters == re.sub(r"[^!-~]", "", shown[number]), f"{what}: line {number + 1}: {line[:80]!r}")


def on_terminal(*arguments, cwd):
    """What a command writes to a terminal, both streams."""
    output = b""
    child, end = pty.fork()
    if child == 0:
        os.chdir(cwd)
        os.execv(FOLIO, [FOLIO, *arguments])
    while True:
        try:
            piece = os.read(end, 65536)
        except OSError:
            break
        if not piece:
            break
        output += piece
    os.waitpid(child, 0)
    return output.decode("utf-8", errors="replace")


def check_markdown(what, text):
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    tokens = parser.parse(text)
    headings = [tokens[i + 1].content for i, t in enumerate(tokens) if t.type == "heading_open"]
    expect(all(h.startswith(("Outputs: ", "`")) for h in headings), f"{what}: headings {headings}")
    columns = None
    for token in tokens:
        if token.type == "html_block":
            expect(re.fullmatch(r"(</?details>|<details><summary>Changed sources</summary>)\s*", token.content), f"{what}: {token.content[:60]!r}")
        expect(token.type not in ("bullet_list_open", "ordered_list_open", "blockquote_open"), f"{what}: {token.type}")
        if token.type == "tr_open":
            columns = 0
        if token.type in ("td_open", "th_open"):
            columns += 1
        if token.type == "tr_close":
            expect(columns == 4, f"{what}: a row of {columns} cells")
        for child in token.children or []:
            expect(child.type in ("text", "code_inline", "softbreak", "em_open", "em_close", "html_inline"), f"{what}: {child.type} {child.content[:60]!r}")
            expect(child.type != "html_inline" or child.content == "<br>", f"{what}: {child.content[:60]!r}")
            if child.type == "text":
                expect(not re.search(r"[@#$]|://|www|:smile|GH-", child.content), f"{what}: outside of code: {child.content[:60]!r}")
    expect(not STEERING.search(text), f"{what}: steers")


def hostile_record(folder, mark):
    """A record that nobody's notebook made."""
    cells, names = [], {}
    for number, text in enumerate(TEXTS):
        outputs = []
        contents = {"txt": text + mark, "csv": f'"{text}",v\n"{text}{mark}",1\n', "json": json.dumps(
            {"data": [{"type": "heatmap", "z": [[1, len(mark)]], "name": text + mark}], "layout": {"title": {"text": text}}})}
        for ending, kind in [("txt", "text"), ("csv", "table"), ("json", "figure")]:
            name = f"f{number}.{ending}"
            names[name] = contents[ending]
            outputs.append({"kind": kind, "file": name})
        outputs.append({"kind": "value", "expression": text, "file": f"f{number}.txt"})
        cells.append({"id": f"{number}{text}", "outcome": "succeeded", "key": text + mark, "outputs": outputs})
    index = {"format": 1, "notebook": "n", "parameters": {t + mark: t for t in TEXTS} | {t: t + mark for t in TEXTS}, "cells": cells}
    os.makedirs(folder, exist_ok=True)
    for name, content in names.items():
        with open(f"{folder}/{name}", "w", encoding="utf-8", newline="") as file:
            file.write(content)
    with open(f"{folder}/index.json", "w", encoding="utf-8") as file:
        json.dump(index, file)


def check_reports(what, *arguments, cwd):
    check_terminal(f"{what} text", run("diff", *arguments, cwd=cwd).stdout)
    check_terminal(f"{what} on a terminal", on_terminal("diff", *arguments, cwd=cwd))
    check_markdown(f"{what} markdown", run("diff", *arguments, "--format", "markdown", cwd=cwd).stdout)
    check_page(f"{what} html", run("diff", *arguments, "--format", "html", cwd=cwd).stdout)
    report = run("diff", *arguments, "--format", "json", cwd=cwd).stdout
    json.loads(report)
    expect(not STEERING.search(report), f"{what} json: steers")


def main():
    site = WORK + "/site"
    os.makedirs(site + "/Notebooks")
    names = ["plain", "a<b>&'\"", "x\x1b[31m\u202ey", "l\nine|`p`", "@all #1"]
    for mark, folder in [("1", "old"), ("22", "new")]:
        for name in names:
            text = notebook(mark) if name == "plain" else f"```swift\n{swift(name + mark)}\n```\n"
            with open(f"{site}/Notebooks/{name}.md", "w", encoding="utf-8") as file:
                file.write(text)
        built = run("build", "--site", folder, cwd=site)
        expect(built.returncode == 0, f"build: {built.stderr[-400:]}")
        check_terminal("build", built.stdout + built.stderr)
    for folder, _, files in os.walk(site + "/new"):
        for file in files:
            if file.endswith(".html"):
                check_page(f"{folder}/{file}", open(f"{folder}/{file}", encoding="utf-8").read())
    check_reports("sites", "old", "new", cwd=site)
    for side, mark in [("h1", "1"), ("h2", "22")]:
        hostile_record(f"{WORK}/{side}", mark)
    check_reports("records", "h1", "h2", cwd=WORK)
    # What a notebook's file holds and does not run: labels, options, parameters.
    for number, text in enumerate(TEXTS):
        with open(f"{WORK}/bad{number}.md", "w", encoding="utf-8", newline="") as file:
            file.write(f"---\nparams:\n  {text}: 1\ntitle: {text}\nafter: {text}\n---\n```swift\n//| label: {text}\n//| {text}: 1\nlet x = {text}\n```\n")
        result = run("run", f"bad{number}.md", cwd=WORK)
        check_terminal(f"errors of text {number}", result.stderr)
    print(f"{len(failures)} failures" if failures else f"all {len(TEXTS)} texts are text on pages, in records' reports, on terminals and in Markdown")
    for failure in failures[:60]:
        print("  " + ascii(failure))
    sys.exit(1 if failures else 0)


main()
