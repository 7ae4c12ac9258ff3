"""Families by their hidden Markov models, for proteins that are too far from every reference.

AMR.LIB of AMRFinderPlus holds a model for most families, and fam.tsv its trusted cut-offs: the least score of
a protein, and of its best domain. As AMRFinderPlus does, only proteins are compared with models: in a genome
they found nothing more and took several times as long. HMMER 3 computes the scores (Eddy 2011, PLoS Comput
Biol 7:e1002195; pyhmmer, Larralde and Zeller 2023, Bioinformatics 39:btad214).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riboswitch.errors import InputError
from riboswitch.resistance.curated.families import Families, Family

FILE = "AMR.LIB"


@dataclass(frozen=True, slots=True)
class Hit:
    """A protein that belongs to a family by its model.

    Attributes
    ----------
    protein : str
        Its key.
    family : Family
    score : float
        Of the whole protein, in bits.
    start, end : int
        Residues that the best domain covers, from 0, end exclusive.
    """

    protein: str
    family: Family
    score: float
    start: int
    end: int


@dataclass(frozen=True)
class Profiles:
    """The models of families.

    Attributes
    ----------
    path : Path
        AMR.LIB. It is read for each search: all of its models would take a third of a gigabyte.
    families : mapping of str to Family
        By the accession of their model.
    """

    path: Path
    families: Mapping[str, Family]

    @classmethod
    def of(cls, path: Path, families: Families) -> Profiles:
        """The models in a file of families that have one."""
        return cls(path, {f.hmm: f for f in families.by_name.values() if f.hmm})

    def hits(self, proteins: Mapping[str, str]) -> Iterator[Hit]:
        """The families that proteins reach, of each all.

        Parameters
        ----------
        proteins : mapping of str to str
            Sequences by key.

        Raises
        ------
        InputError
            If the file is not one of HMMER 3, or lacks the model of a family.
        """
        from pyhmmer import hmmsearch
        from pyhmmer.easel import Alphabet, TextSequence

        keys, amino = [*proteins], Alphabet.amino()
        sequences = [
            TextSequence(name=str(number), sequence=proteins[key].replace("*", "X")).digitize(amino)
            for number, key in enumerate(keys)
        ]
        if not sequences:
            return
        for found in hmmsearch(self._models(), sequences, cpus=1, bit_cutoffs="trusted"):
            family = self.families[_accession(found.query)]
            least, of_domain = family.hmm_cutoffs
            for hit in found:
                domain = hit.best_domain
                if hit.score >= least and domain.score >= of_domain:
                    place = domain.alignment
                    key = keys[int(hit.name)]
                    yield Hit(key, family, float(hit.score), place.target_from - 1, place.target_to)

    def _models(self) -> Iterator[Any]:
        """The models of known families, with the cut-offs of fam.tsv."""
        from pyhmmer.plan7 import HMMFile

        missing = {*self.families}
        try:
            with HMMFile(str(self.path)) as file:
                for model in file:
                    family = self.families.get(_accession(model))
                    if family is not None:
                        missing.discard(family.hmm)
                        model.cutoffs.trusted = family.hmm_cutoffs
                        yield model
        except (ValueError, EOFError, OSError) as error:
            problem = "not a file of hidden Markov models"
            raise InputError(problem, where=str(self.path), found=error) from error
        if missing:
            problem = f"{len(missing)} of {len(self.families)} models of fam.tsv are not in the file"
            raise InputError(
                problem, where=str(self.path), found=f"no {min(missing)}", hint="Fetch it again."
            )


def _accession(model: Any) -> str:
    return str(model.accession or model.name)


def missing(folder: Path | None) -> str:
    """Why the models cannot be used, in one clause; empty if they can."""
    if folder is None:
        return "there is no curated database"
    if not (folder / FILE).is_file():
        return f"{folder.name} has no {FILE}"
    try:
        import pyhmmer  # noqa: F401
    except ImportError:
        return "pyhmmer is not installed"
    return ""
