# Inputs and command-line words of the rules for genomes.


def genome_sequence(wildcards):
    """The file with the sequence of a genome."""
    genome = config["genomes"][wildcards.genome]
    return data_file(genome["data"], genome["sequence"])


def genome_or_proteins(wildcards):
    """The file with the sequence of a genome, or with its proteins if there is no other."""
    genome = config["genomes"][wildcards.genome]
    return data_file(genome["data"], genome.get("sequence") or genome["proteins"])


def proteins_beside(wildcards):
    """The file with its proteins, if there is one beside the sequence."""
    genome = config["genomes"][wildcards.genome]
    if "sequence" not in genome or "proteins" not in genome:
        return []
    return [data_file(genome["data"], genome["proteins"])]


def proteins_options(wildcards, input):
    """--proteins of scan."""
    return repeated("--proteins", input.proteins)


def genome_annotation(wildcards):
    """The file with its annotation, if there is one."""
    genome = config["genomes"][wildcards.genome]
    if "annotation" not in genome:
        return []
    return [data_file(genome["data"], genome["annotation"])]


def annotation_options(wildcards, input):
    """--annotation of scan."""
    return repeated("--annotation", input.annotation)


def gene_model(wildcards):
    """The bundle and the records of the scan's task; none without a task."""
    task = config["scan"].get("task")
    names = ("model.safetensors", "records.parquet") if task else ()
    return [f"results/{task}/{name}" for name in names]


def gene_model_options(wildcards, input):
    """The model and --references of scan."""
    return [input.model[0], f"--references={input.model[1]}"] if input.model else []


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
