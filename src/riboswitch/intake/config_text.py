"""The configuration of an analysis as text: the keys that matter, each with a word why."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from riboswitch.config import strict_yaml
from riboswitch.intake.analysis import Analysis
from riboswitch.intake.assay_file import AssayFile
from riboswitch.intake.compound_file import CompoundFile
from riboswitch.intake.genome_file import GenomeFile

TASK = "activity"
MANY = 1_000_000  # compounds from which a pilot chooses the number of jobs

HEAD = """\
# {title}
# Written by `riboswitch new`. Change it as you like; what is not here has its default. config/README.md
# explains every key. If a file of yours changes, change its sha256 too: sha256sum FILE prints it.
"""


def config_text(analysis: Analysis) -> str:
    """The configuration of an analysis, as YAML with comments."""
    title = title_of(analysis)
    parts = [
        HEAD.format(title=one_line(title)),
        _data(analysis),
        _genomes(analysis.genomes),
        "tasks: # to learn\n" + (_of_assay(analysis.assay) if analysis.assay else _of_growth(analysis)),
        "scan: # for resistance genes and mutations\n  curated: ncbi_amr # known ones; `task` adds what only "
        "resembles them, see config/config.yaml\n",
        _library(analysis.library),
        _screen(analysis.library),
        _rank(analysis),
        f"report:\n  title: {scalar(title)}\n",
    ]
    if analysis.checked:
        parts.insert(-1, f"check: # does the ranking find compounds that were measured?\n  task: {TASK}\n")
    return "\n".join(parts)


def title_of(analysis: Analysis) -> str:
    """The title of the report."""
    names = list(analysis.genomes)
    against = ", ".join(names[:3]) + (f" and {len(names) - 3} others" if len(names) > 3 else "")
    return f"Which compounds of {analysis.library.path.name} are worth testing against {against}?"


def scalar(value: str) -> str:
    """A text as a YAML scalar of one line, in quotes where it needs them."""
    text = yaml.safe_dump(value, allow_unicode=True, width=2**31).removesuffix("\n...\n").strip()
    return text if value.isprintable() else _quoted(value)


def one_line(text: str) -> str:
    """A text that can stand in a comment."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def reading(options: dict[str, str]) -> str:
    """Options of a reader in one line."""
    return "{" + ", ".join(f"{key}: {scalar_in_braces(value)}" for key, value in options.items()) + "}"


def scalar_in_braces(value: str) -> str:
    """A text as a YAML scalar between braces, where commas and braces need quotes, too."""
    is_plain = re.fullmatch(r"[A-Za-z][\w.-]*", value, re.ASCII) and scalar(value) == value
    return value if is_plain else _quoted(value)


def _quoted(value: str) -> str:
    return yaml.safe_dump(value, default_style='"', allow_unicode=value.isprintable(), width=2**31).strip()


def indented(value: Any, by: int) -> str:
    """A section as YAML, ``by`` blanks to the right."""
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=2**31)
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


def public_sources() -> dict[str, Any]:
    """Data sources that are not the user's, by name."""
    found: dict[str, Any] = strict_yaml.read((Path(__file__).parent / "sources.yaml").read_text("utf-8"))
    return found


# --- the sections


def _data(analysis: Analysis) -> str:
    public = public_sources()
    lines = ["data: # files; each is checked by its SHA-256 before it is used"]
    for name, genome in analysis.genomes.items():
        lines += _own(name, genome.path, genome.sha256, f"your genome {name}")
    lines += _own("library", analysis.library.path, analysis.library.sha256, "your compounds")
    if analysis.assay:
        compounds = analysis.assay.compounds
        lines += _own("assay", compounds.path, compounds.sha256, "your measurements")
    else:
        lines += [
            "  growth: # of S. aureus with 39,312 compounds, one strain and concentration; in the clone"
        ]
        lines += [indented(public["growth"], 4).rstrip("\n")]
    lines += ["  ncbi_amr: # known resistance genes and mutations; downloaded from PyPI in the first run"]
    return "\n".join([*lines, indented(public["ncbi_amr"], 4)])


def _own(name: str, path: Path, digest: str, what: str) -> list[str]:
    return [
        f"  {scalar(name)}: # {what}",
        f"    source: {scalar(f'file:{path}')}",
        f"    sha256: {scalar(digest)}",
        "    licence: your own",
    ]


def _genomes(genomes: dict[str, GenomeFile]) -> str:
    lines = ["genomes: # each is scanned for what defeats drugs"]
    for name, genome in genomes.items():
        lines += [
            f"  {scalar(name)}:",
            f"    data: {scalar(name)}",
            f"    sequence: {scalar(genome.path.name)}",
        ]
        said = f" (the file says {one_line(genome.organism)})" if genome.organism else ""
        lines += [f"    taxon: auto # found from the genome{said}; or name it, as Staphylococcus_aureus"]
        if genome.circular < genome.contigs:
            told = f"the file says so of {genome.circular} of {genome.contigs}"
            lines += [f"    # topology: circular # if all contigs are closed circles; {told}"]
    return "\n".join(lines) + "\n"


def _of_growth(analysis: Analysis) -> str:
    lines = [
        f"  {TASK}: # compound -> does it inhibit the growth of S. aureus; for other species give --activity",
        "    modality: molecule",
        "    kind: binary",
        "    targets: [inhibits]",
        "    parse:",
        "      sources:",
        "        - data: growth",
        "          files: [growth_inhibition.parquet]",
    ]
    if analysis.checked:
        library = analysis.library
        lines += [
            "      held_out: # your compounds, in any form, are not in training",
            "        data: library",
            f"        files: [{scalar_in_braces(library.path.name)}]",
        ]
        lines += [f"        reading: {reading(library.reading)}"] if library.reading else []
    return "\n".join([
        *lines,
        "      sample: {label: 0, rows: 5000} # of 37,000 that do not inhibit; without it all, and longer",
        "    split: {method: scaffold, repeats: 3} # scaffolds of test compounds are new to the networks",
        "    train: {epochs: 20}",
    ]) + "\n"  # fmt: skip


def _of_assay(assay: AssayFile) -> str:
    compounds = assay.compounds
    binary = assay.kind == "binary"
    what = "active (1) or not (0)" if binary else "a number; the highest are ranked first"
    lines = [
        f"  {TASK}: # compound -> {one_line(assay.column)}: {what}",
        "    modality: molecule",
        f"    kind: {assay.kind}",
        f"    targets: [{scalar_in_braces(assay.column)}]",
        "    parse:",
        "      sources:",
        "        - data: assay",
        f"          files: [{scalar_in_braces(compounds.path.name)}]",
    ]
    lines += [f"          reading: {reading(compounds.reading)}"] if compounds.reading else []
    if assay.labels:
        meaning = ", ".join(f"{_quoted(text)}: {value}" for text, value in assay.labels.items())
        lines += [f"          labels: {{{meaning}}} # 1 is active; rows with other labels are rejected"]
    return "\n".join([
        *lines,
        "    split: {method: scaffold, repeats: 3} # scaffolds of test compounds are new to the networks",
    ]) + "\n"  # fmt: skip


def _library(library: CompoundFile) -> str:
    lines = [
        "library: # the compounds that are ranked",
        "  data: library",
        f"  file: {scalar(library.path.name)}",
    ]
    if library.reading:
        lines += [f"  reading: {reading(library.reading)} # columns that you named"]
    else:
        found = {"input_column": library.found.get("SMILES"), "id_column": library.found.get("ids")}
        known = {key: name for key, name in found.items() if name is not None}
        if known:
            said = "was found; ids that are named must be unique"
            lines += [f"  # reading: {one_line(reading(known))} # {said}"]
    return "\n".join(lines) + "\n"


def _screen(library: CompoundFile) -> str:
    lines = ["screen:", f"  tasks: [{TASK}]"]
    if library.rows > MANY:
        lines += ["  shards: auto # a pilot chooses the number of jobs"]
    return "\n".join(lines) + "\n"


def _rank(analysis: Analysis) -> str:
    names = [scalar_in_braces(name) for name in analysis.genomes]
    one = len(names) == 1
    lines = [
        "rank: # the short-list",
        f"  genome: {names[0]} # compounds that its genes defeat are marked and come last"
        if one
        else f"  genomes: [{', '.join(names)}] # those come first that fewest of these defeat",
        f"  score_by: {TASK}",
        "  keep: 50 # length of the list",
    ]
    if analysis.library.names:
        lines += [f"  name_column: {scalar(analysis.library.names)} # names of drugs tell the class"]
    else:
        lines += ["  # name_column: NAME # a column with names of drugs: they tell the class"]
    lines += ["  # exclude: [pains] # or lipinski, veber, brenk: rules that compounds of the list must keep"]
    if analysis.assay:
        tested = one_line(scalar(str(analysis.assay.compounds.path)))
        lines += [f"  # tested: {tested} # leave out of the list what you have measured"]
    return "\n".join(lines) + "\n"
