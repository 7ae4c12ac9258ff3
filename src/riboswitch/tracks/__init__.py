"""Writing what was found along a genome for others to read: one file here for each format.

A table of calls goes out as GFF3, BED and the table of hAMRonization. What a model says along whole contigs
goes out as bedGraph or bigWig, and as segments in GFF3, BED and TSV.
"""

from __future__ import annotations

from riboswitch.tracks.bed import write_bed
from riboswitch.tracks.gff3 import write_gff3
from riboswitch.tracks.hamronization import HAMRONIZATION, OUR_OWN, write_hamronization
from riboswitch.tracks.table import COLUMNS

__all__ = ["COLUMNS", "HAMRONIZATION", "OUR_OWN", "write_bed", "write_gff3", "write_hamronization"]
