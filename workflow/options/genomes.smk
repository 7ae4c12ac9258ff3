# Inputs and command-line words of the rules for genomes.


def genome_sequence(wildcards):
    """The file with the sequence of a genome."""
    return genome_file(wildcards.genome, "sequence")


def genome_or_proteins(wildcards):
    """The file with the sequence of a genome, or with its proteins if there is no other."""
    known = config["genomes"][wildcards.genome]
    return genome_file(
        wildcards.genome, "sequence" if "sequence" in known else "proteins"
    )


def proteins_beside(wildcards):
    """The file with its proteins, if there is one beside the sequence."""
    known = config["genomes"][wildcards.genome]
    both = "sequence" in known and "proteins" in known
    return [genome_file(wildcards.genome, "proteins")] if both else []


def proteins_options(wildcards, input):
    """--proteins of scan."""
    return repeated("--proteins", input.proteins)


def genome_annotation(wildcards):
    """The file with its annotation, if there is one."""
    known = config["genomes"][wildcards.genome]
    return (
        [genome_file(wildcards.genome, "annotation")] if "annotation" in known else []
    )


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


def scan_settings():
    """--settings of scan."""
    names = ("task", "curated", "batch", "database", "database_version")
    return of_section("scan", names)


def model_of_genes(wildcards):
    """The bundle of the task of genes; none without a task."""
    task = config["genes"].get("task")
    return [f"results/{task}/model.safetensors"] if task else []


def curated_files(wildcards):
    """A file of the curated database, if there is one: its data source is fetched first."""
    name = config["scan"].get("curated")
    return [data_file(name, "fam.tsv")] if name else []


def curated_options(wildcards):
    """--curated of scan."""
    name = config["scan"].get("curated")
    return [f"--curated={fetched(name)}"] if name else []


def genome_options(wildcards):
    """--taxon and --topology of a genome."""
    known = config["genomes"][wildcards.genome]
    taxon = known.get("taxon", "auto")
    words = [f"--taxon={taxon}"] if config["scan"].get("curated") else []
    return words + repeated("--topology", known.get("topology", []))


def of_batch(wildcards):
    """The genomes of a batch, by name."""
    return {
        genome: known
        for genome, known in config["genomes"].items()
        if BATCH_OF[genome] == wildcards.batch
    }


def batch_files(wildcards):
    """All files of the genomes of a batch."""
    return [
        genome_file(genome, key)
        for genome, known in of_batch(wildcards).items()
        for key in ("sequence", "proteins", "annotation")
        if key in known
    ]


def batch_rows(wildcards):
    """--rows of scan."""
    return BATCHES[wildcards.batch]


def batch_samples(wildcards):
    """What the sheet says of the genomes of a batch: a job is made again only if its own rows change."""
    return option(of_batch(wildcards))


def scanned_folders(wildcards, input):
    """The folders that cohort reads."""
    return list(input) if SHEET else [os.path.dirname(path) for path in input]


def reported_genomes():
    """The genomes of the report: those of a sample sheet only if compounds are ranked for them."""
    if "scan" not in config:
        return []
    if not SHEET:
        return sorted(config["genomes"])
    return ranked_genomes() if "rank" in config else []
