"""Leaks of eight kinds, planted among rows that are clean by other means, and what the audit finds.

Molecules are clean if no two have one first block of the InChIKey. Genes are the longest reading frames of
stretches of three genomes that do not overlap; what the audit says of two of them is checked by Biopython,
since genomes hold true copies: a planted gene may lie in another row than its origin, too. A flagged clean
row is a false alarm unless Biopython confirms it.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pandas as pd
from Bio.Align import PairwiseAligner
from Bio.Seq import Seq
from rdkit import Chem, rdBase
from rdkit.Chem.MolStandardize.rdMolStandardize import TautomerEnumerator
from resistance_planted import CODONS
from trust import Bench

from riboswitch import audit
from riboswitch.auditing.audit import Audit
from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.genome import read_genome
from riboswitch.chem.standardize import standardize
from riboswitch.data.records import Records
from riboswitch.modalities import find

EACH = 25
MOLECULES, GENES = 12_000, 8_000  # clean rows, half of them on each side
GENOMES = ("genomes_panel/GCF_000016305.1.fna.gz", "genomes_panel/GCF_003697165.2.fna.gz",
           "genome_usa300/GCF_000017085.fna.gz")  # fmt: skip
SLOT, SHORTEST = 1200, 300  # bases of a stretch, and of a gene in it
KINDS = {  # what is planted, and the kind under which it must be found
    "exact": "exact", "salt": "salt", "stereo": "stereo", "tautomer": "tautomer",
    "reverse complement": "reverse_complement", "synonymous gene": "same_protein",
    "95 % identical gene": "near_identical", "substring": "within",
}  # fmt: skip


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    """All figures of planted leaks."""
    sides = {"molecule": _molecules(bench, random.Random(1)), "sequence": _genes(bench, random.Random(2))}
    found: Counter[str] = Counter()
    alarms, clean, confirmed, lights = [], 0, 0, {}
    for modality, (train, test, planted) in sides.items():
        reading = {"alphabet": "dna"} if modality == "sequence" else {}
        made = audit(
            *(_records(rows, modality, reading) for rows in (train, test)), max_pairs=10**6, processes=2
        )
        lights[modality] = made.light
        kinds = {pair["test"]: pair for pair in made.facts["pairs"]}
        for name, (kind, partner) in planted.items():
            pair = kinds.get(name, {"kind": None})
            copies = modality == "sequence" and pair["kind"] and _confirmed(pair, dict(train), dict(test))
            found[kind] += pair["kind"] == KINDS[kind] and (pair["train"] == partner or bool(copies))
        flagged = _flagged(made, planted)
        true = [p for p in flagged if modality == "sequence" and _confirmed(p, dict(train), dict(test))]
        clean, confirmed = clean + len(test) - len(planted), confirmed + len(true)
        alarms += [pair for pair in flagged if pair not in true]
    total = sum(len(planted) for _, _, planted in sides.values())
    figures = {
        "leaks_planted": total,
        "leaks_found": sum(found.values()),
        "false_alarm_rate": len(alarms) / clean,
    }
    details = {
        "found_by_kind": {kind: found[kind] for kind in KINDS},
        "planted_of_each": EACH,
        "clean_rows": MOLECULES + GENES,
        "clean_test_rows": clean,
        "false_alarms_by_kind": dict(Counter(pair["kind"] for pair in alarms)),
        "true_copies_in_genomes": confirmed,
        "light": lights,
    }
    return figures, details


def _records(rows: list[tuple[str, str]], modality: str, reading: dict[str, Any]) -> Records:
    ids, values = zip(*rows, strict=True)
    stream = find(modality).reader.read_list(values, ids, **reading)
    return Records.collect(stream, find(modality).components, modality=modality, reading=reading)


def _flagged(made: Audit, planted: dict[str, Any]) -> list[dict[str, Any]]:
    """Pairs of clean test rows that the audit warns of as one thing, or as tautomers."""
    level = {kind["kind"]: kind["level"] for kind in made.facts["kinds"]}
    clean = [pair for pair in made.facts["pairs"] if pair["test"] not in planted]
    return [pair for pair in clean if level[pair["kind"]] == "red" or pair["kind"] == "tautomer"]


def _molecules(bench: Bench, chance: random.Random) -> tuple[list, list, dict]:
    """Training rows, test rows, and the planted ones among these with kind and partner."""
    given = pd.read_csv(bench.data / "moleculenet/muv.csv.gz")["smiles"].tolist()
    chance.shuffle(given)
    clean = _distinct(given)
    train = [(f"m{n}", smiles) for n, smiles in enumerate(clean[::2])]
    test = [(f"c{n}", smiles) for n, smiles in enumerate(clean[1::2])]
    planted: dict[str, tuple[str, str]] = {}
    makers = {"exact": _drawn_anew, "salt": _as_salt, "stereo": _mirrored, "tautomer": _tautomer}
    partners = iter(chance.sample(train, len(train)))
    for kind, make in makers.items():
        number = 0
        while number < EACH:
            partner, smiles = next(partners)
            made = make(smiles, chance)
            if made is not None:
                number += 1
                test.append((name := f"{kind}-{number}", made))
                planted[name] = (kind, partner)
    return train, test, planted


def _distinct(given: list[str]) -> list[str]:
    """Molecules of which no two have the same skeleton, by InChI."""
    seen: set[str] = set()
    clean: list[str] = []
    for smiles in given:
        standard = standardize(smiles)
        text = getattr(standard, "smiles", None)
        with rdBase.BlockLogs():
            block = Chem.MolToInchiKey(Chem.MolFromSmiles(text))[:14] if text else ""
        if block and block not in seen:
            seen.add(block)
            clean.append(text)
        if len(clean) == MOLECULES:
            return clean
    raise SystemExit(f"only {len(clean)} distinct molecules")


def _drawn_anew(smiles: str, chance: random.Random) -> str:
    mol = Chem.MolFromSmiles(smiles)
    order = list(range(mol.GetNumAtoms()))
    chance.shuffle(order)
    return Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)


def _as_salt(smiles: str, chance: random.Random) -> str:
    return f"{smiles}.{chance.choice(['Cl', 'Br', 'OS(=O)(=O)O', 'OC(=O)C(F)(F)F', 'O.Cl'])}"


def _mirrored(smiles: str, chance: random.Random) -> str | None:
    """Another stereoisomer of a molecule with marks; or a mark where there was none."""
    mol = Chem.MolFromSmiles(smiles)
    centres = Chem.FindMolChiralCenters(mol, includeUnassigned=True, useLegacyImplementation=False)
    if not centres:
        return None
    for atom, _ in centres:
        tag = mol.GetAtomWithIdx(atom).GetChiralTag()
        drawn = Chem.ChiralType.CHI_TETRAHEDRAL_CW
        mol.GetAtomWithIdx(atom).SetChiralTag(Chem.ChiralType.CHI_TETRAHEDRAL_CCW if tag == drawn else drawn)
    made = Chem.MolToSmiles(mol)
    return made if Chem.CanonSmiles(made) != Chem.CanonSmiles(smiles) else None


def _tautomer(smiles: str, chance: random.Random) -> str | None:
    """RDKit's canonical tautomer, where a molecule is drawn as another one and the standard form keeps it."""
    with rdBase.BlockLogs():
        enumerator = TautomerEnumerator()
        enumerator.SetMaxTautomers(100)
        made = Chem.MolToSmiles(enumerator.Canonicalize(Chem.MolFromSmiles(smiles)))
    standard = getattr(standardize(made), "smiles", None)
    flat = [Chem.CanonSmiles(s, useChiral=0) for s in (smiles, standard or smiles)]
    return made if flat[0] != flat[1] else None


def _genes(bench: Bench, chance: random.Random) -> tuple[list, list, dict]:
    """As `_molecules`."""
    genes = [gene for name in GENOMES for gene in _frames(bench, name)]
    chance.shuffle(genes)
    if len(genes) < GENES:
        raise SystemExit(f"only {len(genes)} genes")
    train = [(f"g{n}", gene) for n, gene in enumerate(genes[:GENES:2])]
    test = [(f"d{n}", gene) for n, gene in enumerate(genes[1:GENES:2])]
    planted: dict[str, tuple[str, str]] = {}
    makers = {"reverse complement": lambda gene, _: reverse_complement(gene), "synonymous gene": _recoded,
              "95 % identical gene": _changed, "substring": _stretch}  # fmt: skip
    partners = iter(chance.sample(train, len(train)))
    for kind, make in makers.items():
        for number in range(1, EACH + 1):
            partner, gene = next(partners)
            made = make(gene, chance)
            test.append((name := f"{kind}-{number}", made if number % 2 else reverse_complement(made)))
            if kind == "reverse complement":
                test[-1] = (name, made)
            planted[name] = (kind, partner)
    return train, test, planted


def _frames(bench: Bench, name: str) -> list[str]:
    """The longest reading frame with a start codon in each stretch of a genome."""
    genes = []
    for sequence in read_genome(bench.data / name).contigs.values():
        for start in range(0, len(sequence) - SLOT, SLOT):
            slot = sequence[start : start + SLOT]
            if set(slot) <= set("ACGT") and len(best := _longest(slot)) >= SHORTEST:
                genes.append(best)
    return genes


def _longest(slot: str) -> str:
    best = ""
    for strand in (slot, reverse_complement(slot)):
        for frame in range(3):
            codons = [strand[i : i + 3] for i in range(frame, len(strand) - 2, 3)]
            begin = None
            for number, codon in enumerate(codons):
                if codon == "ATG" and begin is None:
                    begin = number
                if codon in ("TAA", "TAG", "TGA"):
                    if begin is not None and 3 * (number + 1 - begin) > len(best):
                        best = "".join(codons[begin : number + 1])
                    begin = None
    return best


def _recoded(gene: str, chance: random.Random) -> str:
    protein = str(Seq(gene).translate(table=11))
    return "ATG" + "".join(chance.choice(CODONS[residue].split()) for residue in protein[1:])


def _changed(gene: str, chance: random.Random) -> str:
    """One base in twenty is changed."""
    letters = list(gene)
    for place in chance.sample(range(len(gene)), len(gene) // 20):
        letters[place] = chance.choice([base for base in "ACGT" if base != letters[place]])
    return "".join(letters)


def _stretch(gene: str, chance: random.Random) -> str:
    length = chance.randint(40, len(gene) - 30)
    start = chance.randint(1, len(gene) - length - 1)
    return gene[start : start + length]


def _confirmed(pair: dict[str, Any], train: dict[str, str], test: dict[str, str]) -> bool:
    """Whether the two are what the audit says, by Biopython."""
    one, other = train[pair["train"]], test[pair["test"]]
    if pair["kind"] == "same_protein":
        return len(_proteins(one) & _proteins(other)) > 0
    short, long = sorted((one, other), key=len)
    aligner = PairwiseAligner(mode="global", match_score=0, mismatch_score=-1, gap_score=-1)
    aligner.end_deletion_score = 0  # the longer one may go on at both ends
    edits = -max(aligner.score(long, turned) for turned in (short, reverse_complement(short)))
    covered = min(len(one) / len(other), 1)
    if pair["kind"] == "near_identical":
        return edits <= 0.05 * len(short) and covered >= 0.8
    return edits == 0 and covered >= 0.5


def _proteins(gene: str) -> set[str]:
    """Parts without a stop of 30 residues or more, in six frames."""
    found: set[str] = set()
    for strand in (gene, reverse_complement(gene)):
        for frame in range(3):
            coding = strand[frame : frame + (len(strand) - frame) // 3 * 3]
            found |= {p for p in str(Seq(coding).translate(table=11)).split("*") if len(p) >= 30}
    return found
