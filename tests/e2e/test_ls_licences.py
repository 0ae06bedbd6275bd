"""`ls videos` says what licences of weights allow."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.cli import popcorn

OWN = """
videos:
  plain: {adapter: storyboard, licence: MIT}
  hobby: {adapter: storyboard, licence: Own, forbids: [commercial use]}
  small: {adapter: storyboard, licence: "pays above 1 M$ of revenue"}
  local: {adapter: storyboard, licence: Own, forbids: [use in the EU]}
"""


def test_what_restricts_commercial_use_is_marked(tmp_path: Path) -> None:
    (tmp_path / "videos.yaml").write_text(OWN)
    done = popcorn("ls", "videos", "--include-path", tmp_path, "--json", cwd=tmp_path)
    rows = {row["name"]: row for row in done.json}

    marks = {name: rows[name]["commercial"] for name in ("plain", "hobby", "small", "local")}
    assert marks == {"plain": "", "hobby": "restricted", "small": "restricted", "local": ""}
    assert rows["local"]["forbids"] == ["use in the EU"]
    assert rows["cogvideox"]["commercial"] == "restricted"
    assert rows["storyboard"]["licence"] == "Apache-2.0"
    assert all(row["licence"] for name, row in rows.items() if name not in OWN)


def test_the_table_shows_licences_and_what_they_forbid(tmp_path: Path) -> None:
    (tmp_path / "videos.yaml").write_text(OWN)
    wide = {"COLUMNS": "200"}
    done = popcorn("ls", "videos", "--include-path", tmp_path, cwd=tmp_path, env=wide)
    (line,) = (line for line in done.out.splitlines() if line.startswith("hobby"))

    assert "licence" in done.out.splitlines()[0]
    assert line.split(None, 4)[2:4] == ["Own", "restricted"]
    assert "commercial use" in line
