"""The line of progress on top of the page, allowed by the page's own content policy and no more."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html import escape, unescape

_POLICY = re.compile(r'(<meta http-equiv="Content-Security-Policy" content=")([^"]*)(">)')
_BODY = re.compile(r"<body[^>]*>")
_STYLE = """
#live { position: sticky; top: 0; z-index: 9; display: flex; gap: 1em; padding: .35em 1em;
  font: 13px/1.4 system-ui, sans-serif; color: #fff; background: #1d2733; }
#live a { color: #ffd87a; }
#live [hidden] { display: none; }
"""
_SCRIPT = """
(() => {
  const bar = document.getElementById('live');
  const line = bar.querySelector('span');
  const link = bar.querySelector('a');
  link.addEventListener('click', (event) => { event.preventDefault(); location.reload(); });
  async function look() {
    try {
      const answer = await fetch('/progress.json', { cache: 'no-store' });
      const found = await answer.json();
      line.textContent = found.line;
      const fresh = found.page !== bar.dataset.page;
      link.hidden = !fresh;
      if (fresh && bar.dataset.empty === 'yes') location.reload();
    } catch {
      line.textContent = 'The viewer has stopped.';
    }
    setTimeout(look, 2000);
  }
  look();
})();
"""
_EMPTY = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:">
<title>popcorn-bench</title>
<link rel="icon" href="data:,">
</head>
<body>
<main><p>The board appears here with the first results.</p></main>
</body>
</html>
"""


def framed(page: str, line: str, version: str) -> str:
    """The page with a line of progress that renews itself; without a policy it stays as it is.

    Args:
        page: what `write_html` made.
        line: what the line says until it asks for the first time.
        version: of the results that the page shows.
    """
    return _with_bar(page, line, version, empty=False)


def empty(line: str, version: str) -> str:
    """A page for as long as there are no results; it turns into the board by itself."""
    return _with_bar(_EMPTY, line, version, empty=True)


def _with_bar(page: str, line: str, version: str, *, empty: bool) -> str:
    policy, body = _POLICY.search(page), _BODY.search(page)
    end = page.rfind("</body>")
    if policy is None or body is None or end < body.end():
        return page
    bar = (
        f'<style>{_STYLE}</style><div id="live" role="status" data-page="{escape(version)}" '
        f'data-empty="{"yes" if empty else "no"}"><span>{escape(line)}</span>'
        '<a href="/" hidden>Show new results</a></div>'
    )
    return "".join(
        (
            page[: policy.start(2)],
            escape(_wider(unescape(policy.group(2)))),
            page[policy.end(2) : body.end()],
            bar,
            page[body.end() : end],
            f"<script>{_SCRIPT}</script>",
            page[end:],
        )
    )


def _wider(policy: str) -> str:
    """The policy with our script, our style and requests to this server."""
    found = dict(part.strip().partition(" ")[::2] for part in policy.split(";") if part.strip())
    added = {"script-src": _digest(_SCRIPT), "style-src": _digest(_STYLE), "connect-src": "'self'"}
    for name, source in added.items():
        known = found.get(name, "").replace("'none'", "").strip()
        found[name] = f"{known} {source}".strip()
    return "; ".join(f"{name} {sources}".strip() for name, sources in found.items())


def _digest(source: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
