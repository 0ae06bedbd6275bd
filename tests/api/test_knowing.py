"""Listings, cards, prompts, predictions, corpora and beginnings of one's own, from Python."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import popcorn_bench as pb
from popcorn_bench.harness.cli import cli

_TASK = "task: mine\nversion: 1\nqueries: 3\n"


@pytest.mark.parametrize("what", ["tasks", "llms", "videos", "covers", "evaluators", "corpora"])
def test_listings_are_those_of_the_command(what: str) -> None:
    printed = CliRunner().invoke(cli, ["ls", what, "--json"])
    rows = getattr(pb, what)()
    assert json.loads(printed.stdout) == json.loads(json.dumps(rows))
    assert all({"name", "usable", "reason"} <= row.keys() for row in rows)


def test_an_include_path_that_is_not_there_is_told() -> None:
    for listing in (pb.tasks, pb.llms, pb.videos, pb.covers, pb.corpora):
        with pytest.raises(pb.UsageError, match="no such folder"):
            listing(include_path="/nowhere/at/all")


def test_cards_are_pages_and_records() -> None:
    found = pb.card("quality")
    assert str(found).startswith("# ")
    assert found._repr_markdown_() == found.page
    assert found.record["sees_video"]
    with pytest.raises(pb.UsageError, match="did you mean 'quality'"):
        pb.card("qualty")


def test_the_doctor_looks_at_this_machine(tmp_path: Path) -> None:
    found = pb.doctor(tmp_path, offline=True)
    assert {finding.area for finding in found} >= {"evaluators"}
    assert all(finding.state != "broken" for finding in found)


def test_prompts_cost_nothing() -> None:
    basic, enhanced = pb.prompt("a cat on a piano", pe_references=[3])
    assert (basic.mode, enhanced.mode) == ("basic", "pe[n=3]")
    record = enhanced.to_record()
    assert len(record["references"]) == 3
    assert "a cat on a piano" in record["messages"][-1]["content"]
    assert len(pb.prompt(mode="basic", limit=2)) == 2
    with pytest.raises(pb.UsageError, match="TEXT: is empty"):
        pb.prompt(" ")
    with pytest.raises(pb.UsageError, match="did you mean 'basic'"):
        pb.prompt("cats", mode="basc")


def test_titles_are_predicted() -> None:
    found = pb.predict("My cat plays the piano", "Ten easy dinners", topic="pets")
    first, second = found.to_records()
    assert (first["id"], second["id"]) == ("1", "2")
    assert first["low"] < first["score"] < first["high"]
    (alone,) = pb.predict("My cat plays the piano", topic="pets").to_records()
    assert (alone["id"], alone["score"]) == (None, first["score"])
    assert pb.predict("x", topic="nonsense").notes[0].startswith("unknown topic")
    for titles, said in (((), "needs a title"), (("",), "is empty")):
        with pytest.raises(pb.UsageError, match=said):
            pb.predict(*titles)
    with pytest.raises(pb.UsageError, match="did you mean 'popularity'"):
        pb.predict("x", evaluator="populariti")


def test_files_are_predicted(tmp_path: Path) -> None:
    file = tmp_path / "titles.csv"
    file.write_text("id,title,category,comment_count\na,One cat,Pets,8\nb,Two cats,Pets,64\n")
    found = pb.predict_csv(file)
    assert found.to_polars()["id"].to_list() == ["a", "b"]
    assert found.accuracy is not None
    assert found.accuracy.n == 2
    file.write_text("id,title,category,comment_count\na,One cat,Pets,none\n")
    with pytest.raises(pb.FileError, match=r"titles\.csv:2: comment_count"):
        pb.predict_csv(file)
    with pytest.raises(pb.UsageError, match="no such file"):
        pb.predict_csv(tmp_path / "nowhere.csv")


def test_a_corpus_is_a_frame_with_a_card() -> None:
    found = pb.corpus()
    assert found.card["synthetic"]
    assert found.card["rows"] == found.frame.height
    category = found.frame["category"][0]
    assert set(found.of_category(category)["category"]) == {category}
    assert found.stats()["rows"] == found.frame.height
    assert found.split(3).frame().equals(found.split(3).frame())
    with pytest.raises(pb.UsageError, match="no row has the category"):
        found.of_category("nonsense")
    with pytest.raises(pb.UsageError, match="did you mean 'embedded'"):
        pb.corpus("embeded")


def test_beginnings_are_written_and_valid(tmp_path: Path) -> None:
    (file,) = pb.new("task", "mine", into=tmp_path)
    assert pb.validate(file) == []
    assert "mine" in {row["name"] for row in pb.tasks(include_path=tmp_path)}
    with pytest.raises(pb.UsageError, match="is there already"):
        pb.new("task", "mine", into=tmp_path)
    with pytest.raises(pb.UsageError, match="did you mean 'task'"):
        pb.new("tasks", "mine", into=tmp_path)


def test_faults_of_a_task_are_given_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(_TASK)
    faults = pb.validate(file)
    assert faults
    assert all(isinstance(fault, pb.FileError) for fault in faults)
    assert {fault.line for fault in faults} <= {1, 2, 3}


def test_what_cannot_be_pulled_or_trained_is_told(tmp_path: Path) -> None:
    with pytest.raises(pb.UsageError, match="with weights to download"):
        pb.pull("storyboard")
    for train in (pb.train_popularity, pb.train_mmra):
        with pytest.raises(pb.UsageError, match="no such folder"):
            train(tmp_path / "nowhere")
    with pytest.raises(pb.UsageError, match="--epochs: 0"):
        pb.train_mmra(tmp_path, epochs=0)
