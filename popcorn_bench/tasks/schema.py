"""What a task file may say: the strict models that its YAML is held to, and their JSON Schema."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from popcorn_bench.types import BriefRules, Kind

Name = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", min_length=1, max_length=80)
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
Template = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Topic = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Inside = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_*-][A-Za-z0-9_*./-]*$", max_length=200)
]  # a path below the dataset: neither absolute nor a URL
Names = Name | list[Name]


class Strict(BaseModel):
    """A mapping whose unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MessageTemplate(Strict):
    """One chat message; `content` is a Jinja template."""

    role: Literal["system", "user", "assistant"]
    content: Template


class QueryRow(BaseModel):
    """An inline query. Keys beyond these become its metadata."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str | int | None = Field(None, description="unique in the task; derived when missing")
    text: Text
    kind: Kind | None = Field(None, description="what `defaults` says when missing")
    topic: Topic | None = Field(None, description="what `defaults` says when missing")


class Columns(Strict):
    """Which column of the dataset holds which of ours, where the names differ."""

    id: str = "id"
    text: str = "text"
    kind: str = "kind"
    topic: str = "topic"


class Defaults(Strict):
    """What a query is where its row does not say."""

    kind: Kind | None = None
    topic: Topic | None = None


class TopicBlocks(Strict):
    """Topics of a dataset without a topic column: `size` rows of each, in this order."""

    size: int = Field(gt=0)
    topics: list[Topic] = Field(min_length=1)


class DatasetArgs(Strict):
    """What goes to `datasets.load_dataset` beside path, name and split."""

    revision: Inside | None = None
    data_dir: Inside | None = None
    data_files: Inside | list[Inside] | None = None


class Rules(Strict):
    """What an answer is held to; `title_max` is in characters."""

    title_max: int = Field(default=BriefRules().title_max, ge=1, le=1_000)


class Example(Strict):
    """The example of the answer's form that the prompt shows."""

    title: Text
    cover_prompt: Text
    video_prompt: Text


class Fragment(Strict):
    """Fields that files share through `include`; a file of these alone is no task."""

    include: str | None = Field(
        None, description="another file, relative to this one; what this file says itself wins"
    )
    version: str | int | float | None = Field(
        None, description="raise it whenever queries, templates or rules change"
    )
    description: str = ""
    tag: Names = Field([], description="for --tasks tag:NAME")
    group: Names = Field([], description="groups that the task belongs to")
    dataset_path: str | None = Field(
        None, description="a .json, .jsonl, .csv or .parquet file or a folder, relative to this "
        "file, or the name of a dataset on the hub",
    )  # fmt: skip
    dataset_name: str | None = Field(None, description="configuration of the dataset")
    split: str = "train"
    dataset_kwargs: DatasetArgs = DatasetArgs()
    columns: Columns = Columns()
    filter: dict[str, str | int | bool] = Field(
        {}, description="keep the rows whose columns have these values, letter case aside"
    )
    defaults: Defaults = Defaults()
    topic_blocks: TopicBlocks | None = None
    queries: list[QueryRow] | None = Field(None, description="inline, in place of dataset_path")
    query_to_messages: dict[Name, list[MessageTemplate]] = Field(
        {}, description="mode to chat messages; the shipped `basic` prompt when missing"
    )
    rules: Rules = Rules()
    example: Example | None = None
    topics: list[Topic] = Field([], description="the topics allowed; any when missing")
    metrics: list[Name] = Field(
        ["popularity"], min_length=1, description="shown on the board; the first is the headline"
    )
    metadata: dict[str, Any] = {}


class TaskFile(Fragment):
    """A task, after its includes."""

    task: Name
    version: str | int | float

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.queries is None) == (self.dataset_path is None):
            raise ValueError("give either queries or dataset_path")
        return self


class GroupFile(Strict):
    """A group: a name for several tasks or groups."""

    group: Name
    task: list[Name] = Field(min_length=1, description="names of tasks or of other groups")
    include: str | None = None
    version: str | int | float | None = None
    description: str = ""
    metadata: dict[str, Any] = {}


def kind_of(data: object) -> type[BaseModel]:
    """The model that a file with these top-level fields is held to."""
    if not isinstance(data, dict):
        return TaskFile
    if isinstance(data.get("task"), list) or ("group" in data and "task" not in data):
        return GroupFile
    return TaskFile if "task" in data else Fragment


def json_schema() -> dict[str, Any]:
    """The JSON Schema of task files, for editors.

    An include may give any field except `task`, so that alone is required there.
    """
    from pydantic.json_schema import models_json_schema

    models = [(m, "validation") for m in (TaskFile, GroupFile, Fragment)]
    _, schema = models_json_schema(models, ref_template="#/$defs/{model}")  # type: ignore[arg-type]  # a list of pairs is what it takes
    schema["$defs"]["TaskFile"]["required"] = ["task"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "popcorn-bench task file",
        "anyOf": [{"$ref": f"#/$defs/{m.__name__}"} for m in (TaskFile, GroupFile, Fragment)],
        "$defs": schema["$defs"],
    }
