"""Files along a genome for other programs to read.

One module for each format (`gff3`, `bed`, `bedgraph`, `bigwig`, `fasta`, `hamronization`), and one for each
result: `call_files`, `gene_files`, `annotation_files`.
"""

from __future__ import annotations

from riboswitch.tracks.call_columns import COLUMNS
from riboswitch.tracks.call_files import write_bed, write_gff3
from riboswitch.tracks.hamronization import HAMRONIZATION, OUR_OWN, write_hamronization

__all__ = ["COLUMNS", "HAMRONIZATION", "OUR_OWN", "write_bed", "write_gff3", "write_hamronization"]
