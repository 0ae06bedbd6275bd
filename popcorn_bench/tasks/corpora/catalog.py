"""The corpora there are: shipped, of plugins, in the user's folders. Cheap to import."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from popcorn_bench import fingerprint, plugins, yamlfile
from popcorn_bench.errors import FileError, UsageError, did_you_mean
from popcorn_bench.tasks.corpora import cache
from popcorn_bench.tasks.corpora.corpus import Corpus
from popcorn_bench.tasks.corpora.definition import Definition, check, define, names_of
from popcorn_bench.tasks.corpora.raw import RawSource
from popcorn_bench.tasks.corpora.records import Source, Table, tabulate

SHIPPED = Path(__file__).parent / "data"
EMBEDDED = "embedded"
MICROLENS = "microlens"

_FORMAT = 1  # raise it when a loader gives other rows for the same files
_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusEntry:
    """What is known of a corpus before its rows are read.

    `reason` says why it is not usable, or what it still needs. `rows` is None where only loading
    tells. `path` is the file that defines it, None for one that is built in.
    """

    name: str
    usable: bool = True
    reason: str = ""
    description: str = ""
    rows: int | None = None
    licence: str = ""
    source: str = ""
    synthetic: bool = False
    numbering: str = ""
    path: Path | None = None


_RAW = CorpusEntry(
    name=MICROLENS,
    usable=False,
    reason="needs --corpus-dir DIR with the files of MicroLens-100k",
    description="MicroLens-100k in the layout of its own files.",
    source="westlake-repl/MicroLens",
    numbering="microlens-100k",
)


class CorpusCatalog:
    """An index over corpus files, made when it is first asked.

    Args:
        include_paths: folders (or single files) with more corpora.
    """

    def __init__(self, include_paths: Sequence[Path] = ()) -> None:
        self._include_paths = tuple(include_paths)

    def entries(self) -> list[CorpusEntry]:
        """Every corpus, and every file that was meant to be one."""
        return list(self._index.values())

    def load(self, name: str, corpus_dir: Path | None = None) -> Corpus:
        """Read a corpus, from the cache where its sources are unchanged.

        Args:
            name: of a corpus, or the path of a corpus file.
            corpus_dir: the files of `microlens`, or a copy of a dataset of the hub.

        Raises:
            UsageError: for a name that is not known, a folder that is not there, a file that is
                broken, or a corpus without a usable row.
        """
        if name == MICROLENS:
            return _load_raw(corpus_dir)
        if name.endswith(_YAML):
            return _load(define(Path(name)), corpus_dir)
        entry = self._index.get(name)
        if entry is None:
            hint = did_you_mean(name, self._index) or f"; there are {', '.join(self._index)}"
            raise UsageError(f"--corpus: unknown corpus {name!r}{hint}")
        if not entry.usable or entry.path is None:
            raise UsageError(f"--corpus: {entry.reason}")
        return _load(define(entry.path), corpus_dir)

    @cached_property
    def _index(self) -> Mapping[str, CorpusEntry]:
        folders, faults = plugins.folders("corpora")
        broken = (CorpusEntry(name=n, usable=False, reason=why) for n, why in faults.items())
        index = {MICROLENS: _RAW, **{entry.name: entry for entry in broken}}
        for path in _files(SHIPPED, *folders, *self._include_paths):
            entry = _entry(path)
            if entry is None:
                continue
            if (other := index.get(entry.name)) is not None:
                first = other.path or "built in"
                why = f"corpus {entry.name!r} is defined twice: {first} and {path}"
                entry = replace(other, usable=False, reason=why)
            index[entry.name] = entry
        return index


def _files(*roots: Path) -> Iterator[Path]:
    """Each YAML file once."""
    seen: set[Path] = set()
    for root in roots:
        if not root.exists():
            raise UsageError(f"--include-path: no such folder: {root}")
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if path.suffix in _YAML and path.is_file() and path.resolve() not in seen:
                seen.add(path.resolve())
                yield path


def _entry(path: Path) -> CorpusEntry | None:
    """What a file defines, None where it is about something else or cannot be read as YAML."""
    try:
        document = yamlfile.scan(path)
    except FileError:
        return None  # it may be anything: the catalog of tasks lists it with its fault
    if not isinstance(document.data, dict) or "corpus" not in document.data:
        return None
    try:
        return _entry_of(check(document))
    except FileError as fault:
        said = document.data["corpus"]
        name = said if isinstance(said, str) and said.isprintable() else path.stem
        return CorpusEntry(name=name, usable=False, reason=str(fault), path=path)


def _entry_of(definition: Definition) -> CorpusEntry:
    file = definition.file
    hub = f"loads {file.dataset} from the hub at first use" if file.dataset else ""
    return CorpusEntry(
        name=file.corpus,
        reason=hub,
        description=file.description.strip(),
        rows=_row_count(definition.data),
        licence=file.licence,
        source=file.source or file.dataset or "",
        synthetic=file.synthetic,
        numbering=file.numbering or file.corpus,
        path=definition.document.path,
    )


def _row_count(path: Path | None) -> int | None:
    """Rows of a file that can be counted without a parser."""
    if path is None or path.suffix != ".jsonl":
        return None
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())


def _load_raw(corpus_dir: Path | None) -> Corpus:
    if corpus_dir is None:
        raise UsageError(f"--corpus {MICROLENS} {_RAW.reason}")
    return _read(_RAW, RawSource(corpus_dir), names_of(), lambda _: None)


def _load(definition: Definition, corpus_dir: Path | None) -> Corpus:
    source = definition.open(corpus_dir)
    names = names_of(definition.file.columns)
    return _read(_entry_of(definition), source, names, definition.refuse_unknown)


def _read(
    entry: CorpusEntry, source: Source, names: Mapping[str, str], inspect: Callable[[Table], None]
) -> Corpus:
    """The corpus of a source; `inspect` may refuse what was read."""
    key = fingerprint.digest("corpus", _FORMAT, entry.name, names, source.fingerprint())
    path = cache.corpus_file(key)
    kept = cache.read(path)
    if kept is None:
        table = tabulate(source.records(), names)
        inspect(table)
        frame, bad = table.frame(), tuple(table.bad)
        if frame.is_empty():
            why = f"the first of {len(bad):,} bad rows: {bad[0]}" if bad else "it has no rows"
            raise UsageError(f"--corpus {entry.name}: no row can be used; {why}")
        kept = cache.write(path, frame, bad)
    return Corpus(
        name=entry.name,
        frame=kept.frame,
        sha256=kept.sha256,
        synthetic=entry.synthetic,
        source=entry.source,
        licence=entry.licence,
        numbering=entry.numbering,
        bad=kept.bad,
        folder=source.folder,
        path=kept.path,
    )
