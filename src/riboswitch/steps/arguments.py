"""Arguments of several verbs: their types and help texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from riboswitch.config.named_words import named_words

RecordsFile = Annotated[Path, Parameter(help="Records with labels (.parquet).")]
FeaturesFile = Annotated[Path, Parameter(help="The same rows as arrays (.npz).")]
SplitFile = Annotated[Path, Parameter(help="Their split (.parquet).")]
GENOME_HELP = "FASTA, GenBank, EMBL, or GFF3 with sequences; plain, gzip or zstd."
GenomeFile = Annotated[Path, Parameter(help=GENOME_HELP)]
GenomeFormat = Annotated[
    str | None,
    Parameter(help="Format of the genome: fasta, genbank, embl or gff3. By default its name says it."),
]
Models = Annotated[list[str], Parameter(help="Bundles, as model.safetensors or NAME=model.safetensors.")]
KIND = Parameter(help="Kind of the labels.")
TARGETS = Parameter(help="Label column. Repeat the option for several.")
TableOutput = Annotated[
    str, Parameter(help="Output table (.csv, .tsv, .parquet), or - for CSV on standard output.")
]
Summary = Annotated[Path | None, Parameter(help="Write the counts here as JSON.")]
Device = Annotated[
    str, Parameter(help="cpu, cuda, or auto: a GPU if there is one. Results differ in the last digits.")
]
Precision = Annotated[
    str,
    Parameter(
        help="float32; bfloat16: not exact, and faster where the processor has units for it; or auto: "
        "bfloat16 where it has."
    ),
]
Explained = Annotated[
    str | None, Parameter(help="The target or class. By default the only target, or the predicted class.")
]
GroupPower = Annotated[
    float, Parameter(help="Rows of a group of s rows weigh s ** -GROUP_POWER each: 0 is all alike.")
]
Threads = Annotated[int, Parameter(help="Processor threads to use.")]
Processes = Annotated[
    int, Parameter(help="Processes to use. 0: by the number of cores. The result does not depend on it.")
]
MaxRejected = Annotated[float, Parameter(help="Fail if more than this fraction of the rows is rejected.")]
DuplicatesBy = Annotated[
    str | None,
    Parameter(
        help="Which key makes two inputs equal; by default the first key. Molecules: inchikey "
        "(the same for most tautomers), or smiles (faster)."
    ),
]
CheckpointMinutes = Annotated[
    float,
    Parameter(
        help="Write OUTPUT.checkpoint at most this often; 0: never. If the command is killed, the same "
        "command continues from it."
    ),
]


def named_paths(words: Sequence[str], problem: str, hint: str) -> dict[str, Path]:
    """Paths by their names, from NAME=PATH; `UsageError` unless each has a name of its own and a path."""
    return {name: Path(path) for name, path in named_words(words, problem, hint).items()}
