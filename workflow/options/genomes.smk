# Inputs and command-line words of the rules for genomes.


def genome_sequence(wildcards):
    """The file with the sequence of a genome."""
    genome = config["genomes"][wildcards.genome]
    return data_file(genome["data"], genome["sequence"])


def genome_annotation(wildcards):
    """The file with its annotation, if there is one."""
    genome = config["genomes"][wildcards.genome]
    if "annotation" not in genome:
        return []
    return [data_file(genome["data"], genome["annotation"])]


def annotation_options(wildcards, input):
    """--annotation of scan."""
    return repeated("--annotation", input.annotation)


def curated_files(wildcards):
    """A file of the curated database, if there is one: its data source is fetched first."""
    name = config["scan"].get("curated")
    return [data_file(name, "fam.tsv")] if name else []


def curated_options(wildcards):
    """--curated and --taxon of scan."""
    name = config["scan"].get("curated")
    taxon = config["genomes"][wildcards.genome].get("taxon", "auto")
    words = [f"--curated={fetched(name)}"] if name else []
    return words + ([f"--taxon={taxon}"] if name else [])
