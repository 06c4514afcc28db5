"""Write raw/: twelve small web pages with the faults that real pages have.

Lesson 04 collects and cleans them. Each page holds four items of city_news inside the
usual wrapping (navigation, cookie notice, script, advertisement, footer). The faults
are planted here, so that the counts before and after cleaning are known exactly.

    python data/city_news/make_raw_pages.py
"""

from __future__ import annotations

import html
from pathlib import Path

from make_city_news import make

HERE = Path(__file__).resolve().parent
PAGES, PER_PAGE = 12, 4
EXACT_COPIES = {9: 2, 22: 5, 35: 11, 44: 16}  # item: the item that it repeats
NEAR_COPIES = {12: 1, 19: 7, 27: 14, 33: 20, 46: 30}
MOJIBAKE = (3, 8, 18, 25, 36, 42)
EMPTY = (13, 39)
TOO_LONG = (29,)
CONTACTS = {  # item: a sentence with invented personal data
    0: "Questions go to ida.penrow@example.org.",
    4: "Tickets are sold at (020) 555-0142 and at tomas.w@example.org.",
    10: "The office can be reached at (020) 555-0117.",
    15: "Write to finds@example.org or press.desk@example.org.",
    24: "Please call (020) 555-0163 after six.",
    31: "Volunteers register with noor_haldane@example.org.",
    38: "The helpline is (020) 555-0128, by mail help+river@example.org.",
    47: "Information: (020) 555-0199.",
}
PLANTED = {
    "pages": PAGES,
    "items": PAGES * PER_PAGE,
    "exact copies": len(EXACT_COPIES),
    "near copies": len(NEAR_COPIES),
    "mojibake items": len(MOJIBAKE),
    "empty items": len(EMPTY),
    "too long items": len(TOO_LONG),
    "e-mail addresses": sum(text.count("@") for text in CONTACTS.values()),
    "telephone numbers": sum(text.count("(020) 555-0") for text in CONTACTS.values()),
    "items left": PAGES * PER_PAGE - 4 - 5 - 2 - 1,
}

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>body {{ font-family: serif }} .ad {{ color: grey }}</style>
<script>window.visits = (window.visits || 0) + 1;</script>
</head>
<body>
<nav><a href="#">Home</a> | <a href="#">Local</a> | <a href="#">Sport</a> | Log in</nav>
<div class="cookies">We use cookies. <button>Accept all</button></div>
<main>
{articles}
</main>
<aside class="ad">Advertisement: umbrellas, two for the price of one!</aside>
<footer>&copy; The Lantern Gazette &mdash; an invented paper. All stories synthetic.
</footer>
</body>
</html>
"""
_ARTICLE = """<article id="item-{number:02d}">
<h2>{headline}</h2>
<p class="share">Share &middot; Print &middot; {minutes} min read</p>
<p>{body}</p>
</article>"""


def damage(text: str) -> str:
    """Decode UTF-8 as Windows-1252, the most common way to spoil a text."""
    curly = text.replace("'", "\u2019").replace(" - ", " \u2013 ")
    curly += " A caf\u00e9 sold cr\u00eapes \u2013 until nothing was left."
    return curly.encode("utf-8").decode("cp1252")


def alter(text: str) -> str:
    """Change as little as an editor does: one word and a note at the end."""
    head, _, tail = text.rpartition(" on ")
    changed = f"{head}, on {tail}" if head else text
    return changed + " (Updated.)"


def items() -> list[tuple[str, str]]:
    """Return headline and body of the 48 items, faults included."""
    rows = make()[: PAGES * PER_PAGE + 5]
    texts = [(row["headline"], row["body"]) for row in rows]
    result = texts[: PAGES * PER_PAGE]
    for i, sentence in CONTACTS.items():
        result[i] = (result[i][0], f"{result[i][1]} {sentence}")
    for i, source in EXACT_COPIES.items():
        result[i] = result[source]
    for i, source in NEAR_COPIES.items():
        result[i] = (result[source][0], alter(result[source][1]))
    for i in MOJIBAKE:
        result[i] = (result[i][0], damage(result[i][1]))
    for i in EMPTY:
        result[i] = (result[i][0], "")
    for i in TOO_LONG:
        long = " ".join(body for _, body in texts[-6:])
        result[i] = (result[i][0], long)
    return result


def pages() -> dict[str, str]:
    """Return the pages by file name."""
    texts, written = items(), {}
    for page in range(PAGES):
        articles = [
            _ARTICLE.format(
                number=number,
                headline=html.escape(texts[number][0], quote=False),
                body=html.escape(texts[number][1], quote=False),
                minutes=1 + len(texts[number][1]) // 400,
            )
            for number in range(page * PER_PAGE, (page + 1) * PER_PAGE)
        ]
        title = f"The Lantern Gazette &ndash; page {page + 1}"
        body = _PAGE.format(title=title, articles="\n".join(articles))
        written[f"page_{page + 1:02d}.html"] = body
    return written


def main() -> None:
    """Write the pages."""
    folder = HERE / "raw"
    folder.mkdir(exist_ok=True)
    for name, text in pages().items():
        partial = folder / f"{name}.partial"
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(folder / name)


if __name__ == "__main__":
    main()
