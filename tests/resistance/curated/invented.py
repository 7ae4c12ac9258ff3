"""An invented database of resistance genes, in NCBI's files, and genomes in which its genes are planted."""

from __future__ import annotations

import random
from pathlib import Path

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
CODON = {
    "A": "GCA", "C": "TGC", "D": "GAC", "E": "GAA", "F": "TTC", "G": "GGC", "H": "CAC", "I": "ATC",
    "K": "AAA", "L": "CTG", "M": "ATG", "N": "AAC", "P": "CCC", "Q": "CAA", "R": "CGC", "S": "AGC",
    "T": "ACC", "V": "GTC", "W": "TGG", "Y": "TAC",
}  # fmt: skip
SYNONYM = {
    "A": "GCC",
    "E": "GAG",
    "G": "GGG",
    "K": "AAG",
    "L": "TTG",
    "P": "CCG",
    "R": "AGG",
    "S": "TCC",
    "T": "ACG",
    "V": "GTG",
}
FAM = (
    "#node_id\tparent_node_id\tgene_symbol\thmm_id\thmm_tc1\thmm_tc2\tblastrule_complete_ident\t"
    "blastrule_complete_wp_coverage\tblastrule_complete_br_coverage\tblastrule_partial_ident\t"
    "blastrule_partial_wp_coverage\tblastrule_partial_br_coverage\treportable\ttype\tsubtype\tclass\tsubclass\tfamily_name"
)
TAXON = "Bacterium"


def protein(rng: random.Random, length: int) -> str:
    return "M" + "".join(rng.choices(RESIDUES, k=length - 1))


def dna(text: str, stop: str = "TAA") -> str:
    return "".join(CODON[a] for a in text) + stop


def spacer(rng: random.Random, length: int) -> str:
    return "".join(rng.choices("ACGT", k=length))


def mutated(rng: random.Random, text: str, changes: int) -> str:
    """The protein with so many residues changed, not the first."""
    letters = list(text)
    for at in rng.sample(range(1, len(text)), changes):
        letters[at] = rng.choice([a for a in RESIDUES if a != letters[at]])
    return "".join(letters)


RNG = random.Random(13)
TEM, OTHER, LOW, FUSED, PORIN, GYRASE = (protein(RNG, n) for n in (286, 240, 200, 420, 350, 300))
SLASHED = protein(random.Random(14), 210)
TEM_2 = TEM[:38] + ("K" if TEM[38] != "K" else "Q") + TEM[39:]
RRNA = spacer(RNG, 600)


MODEL, LOWEST_MODEL = "NF000001.1", "NF000002.1"
"""Models of a family without references, and of one below that of `LOW`; see `write_models`."""


def write_models(folder: Path) -> None:
    """AMR.LIB: models of `OTHER` and of `LOW`, made with pyhmmer."""
    from pyhmmer import easel, plan7

    amino = easel.Alphabet.amino()
    builder, background = plan7.Builder(amino), plan7.Background(amino)
    with (folder / "AMR.LIB").open("wb") as file:
        for accession, text in ((MODEL, OTHER), (LOWEST_MODEL, LOW)):
            sequence = easel.TextSequence(name=accession, sequence=text).digitize(amino)
            model, _, _ = builder.build(sequence, background)
            model.accession = accession
            model.write(file)


def _line(
    node,
    parent,
    symbol,
    identity=0,
    reportable=2,
    drug_class="BETA-LACTAM",
    subclass="BETA-LACTAM",
    type="AMR",
    hmm=("-", 0),
):
    cut = [identity, 0, 0, identity, 0, 0]
    return "\t".join(
        map(
            str,
            [
                node,
                parent,
                symbol,
                *hmm,
                hmm[1],
                *cut,
                reportable,
                type,
                type,
                drug_class,
                subclass,
                f"{symbol} family",
            ],
        )
    )


def write_database(folder: Path) -> Path:
    """The database as files."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        FAM,
        _line("ALL", "", "-", reportable=0, type="", drug_class=""),
        _line("bla", "ALL", "bla", reportable=0),
        _line("blaTEM", "bla", "blaTEM"),
        _line("other", "ALL", "other", drug_class="AMINOGLYCOSIDE", subclass="AMIKACIN/KANAMYCIN"),
        _line("low", "ALL", "low", identity=70, drug_class="TETRACYCLINE", subclass="TETRACYCLINE"),
        _line("front", "ALL", "front", drug_class="AMINOGLYCOSIDE", subclass="GENTAMICIN"),
        _line("back", "ALL", "back", drug_class="AMINOGLYCOSIDE", subclass="AMIKACIN"),
        _line("van2/3", "ALL", "van2/3", drug_class="", subclass=""),
        _line("efflux", "ALL", "efflux", reportable=1, drug_class="EFFLUX", subclass="EFFLUX"),
        _line("far", "ALL", "far", drug_class="PHENICOL", subclass="CHLORAMPHENICOL", hmm=(MODEL, 60)),
        _line("lowest", "low", "lowest", hmm=(LOWEST_MODEL, 60)),
    ]
    (folder / "fam.tsv").write_text("\n".join(lines) + "\n")
    proteins = [
        ("T1|1|1|blaTEM-1|blaTEM|hydrolase|2|BETA-LACTAM|BETA-LACTAM|class_A", TEM),
        ("T2|1|1|blaTEM-2|blaTEM|hydrolase|2|CEPHALOSPORIN|BETA-LACTAM|class_A", TEM_2),
        ("O1|1|1|other|other|transferase|2|AMIKACIN/KANAMYCIN|AMINOGLYCOSIDE|other_protein", OTHER),
        ("L1|1|1|low|low|target_protection|2|TETRACYCLINE|TETRACYCLINE|low_protein", LOW),
        ("S1|1|1|van2/3|van2/3|ligase|2|VANCOMYCIN|GLYCOPEPTIDE|of_two_genes", SLASHED),
        ("F1|1|2|front|front|transferase|2|GENTAMICIN|AMINOGLYCOSIDE|fused", FUSED),
        ("F1|2|2|back|back|transferase|2|AMIKACIN|AMINOGLYCOSIDE|fused", FUSED),
        ("G1|1|1|gyrA|gyrA|mutation|2|||gyrase", GYRASE),
    ]
    (folder / "AMRProt.fa").write_text("".join(f">{t}\n{s}*\n" for t, s in proteins))
    (folder / "AMRProt-susceptible.fa").write_text(f">P1|1|1|porin|porin|susceptible|2|||porin\n{PORIN}*\n")
    (folder / "AMRProt-susceptible.tsv").write_text(
        "#taxgroup\tgene_symbol\taccession_version\tresistance_cutoff\tclass\tsubclass\tresistance_protein_name\n"
        f"{TAXON}\tporin\tP1\t0.0\tBETA-LACTAM\tCARBAPENEM\tno_porin\n"
    )
    head = "mutation_position\tstandard_mutation_symbol\treported_mutation_symbol\tclass\tsubclass\tname"
    (folder / "AMRProt-mutation.tsv").write_text(
        f"#taxgroup\taccession_version\t{head}\n"
        + "".join(f"{TAXON}\tG1\t{m}\n" for m in map(_mutation, MUTATIONS))
    )
    (folder / "AMRProt-suppress.tsv").write_text(f"#taxgroup\tprotein_accession\n{TAXON}\tL1\n")
    (folder / "taxgroup.tsv").write_text(
        f"#taxgroup\tgpipe_taxgroup\tnumber_of_nucl_ref_genes\n{TAXON}\t{TAXON}\t1\n"
    )
    (folder / "version.txt").write_text("2026-01-01.1\n")
    (folder / f"AMR_DNA-{TAXON}.fa").write_text(f">X@16S@16S:1-600\n{RRNA}\n")
    (folder / f"AMR_DNA-{TAXON}.tsv").write_text(
        f"#accesion\t{head}\n"
        + "".join(
            f"X@16S@16S:1-600\t{at + 1}\t{s}\t{s}\tMACROLIDE\tERYTHROMYCIN\t16S\n" for at, s in RRNA_MUTATIONS
        )
    )
    return folder


def _other(letter: str, letters: str) -> str:
    return letters[(letters.index(letter) + 5) % len(letters)]


def _mutation(entry: tuple[int, str]) -> str:
    at, symbol = entry
    return f"{at + 1}\t{symbol}\t{symbol}\tQUINOLONE\tQUINOLONE\tgyrase_resistant"


MUTATIONS = [(at, f"gyrA_{GYRASE[at]}{at + 1}{_other(GYRASE[at], RESIDUES)}") for at in (1, 82, 86, 150, 298)]
MUTATIONS += [
    (120, f"gyrA_{GYRASE[120]}121del"),
    (200, f"gyrA_{GYRASE[200]}201Ter"),
    (60, f"gyrA_{GYRASE[60]}61{GYRASE[60]}WC"),
    (220, f"gyrA_{GYRASE[220]}221{_other(GYRASE[220], RESIDUES)}fsTer6"),
]
RRNA_MUTATIONS = [(at, f"16S_{RRNA[at]}{at + 1}{_other(RRNA[at], 'ACGT')}") for at in (30, 299, 570)]
