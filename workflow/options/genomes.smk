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
