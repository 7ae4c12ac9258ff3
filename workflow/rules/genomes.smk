# Genomes: their genes, class calls, and what a model says of every base.


def genome_path(wildcards):
    """Where the sequence of a genome lies."""
    genome = config["genomes"][wildcards.genome]
    return f"data/{genome['data']}/{genome['sequence']}"


def genome_options(wildcards):
    """Paths of a genome and its annotation as words of a command line."""
    genome = config["genomes"][wildcards.genome]
    words = [genome_path(wildcards)]
    if "annotation" in genome:
        words += ["--annotation", f"data/{genome['data']}/{genome['annotation']}"]
    return words


def genome_source(wildcards):
    """The manifest of the data source that holds a genome."""
    return manifest(config["genomes"][wildcards.genome]["data"])


def of_section(section, leave_out=("task",)):
    """The settings of a section as JSON, without the name of the task."""
    return option({k: v for k, v in config[section].items() if k not in leave_out})


if "scan" in config:

    rule scan:
        input:
            genome_source,
            model=f"results/{config['scan']['task']}/model.safetensors",
            references=f"results/{config['scan']['task']}/records.parquet",
        output:
            calls="results/genomes/{genome}/calls.parquet",
            table="results/genomes/{genome}/calls.tsv",
            gff3="results/genomes/{genome}/calls.gff3",
            bed="results/genomes/{genome}/calls.bed",
        log:
            "logs/scan/{genome}.log",
        benchmark:
            "logs/scan/{genome}.tsv"
        params:
            genome=genome_options,
            settings=of_section("scan", ("task", "database", "database_version")),
            database=config["scan"]["database"],
            version=config["scan"]["database_version"],
        shell:
            "riboswitch scan {params.genome:q} {input.model} --references {input.references}"
            " --settings {params.settings:q} --database {params.database:q} --database-version {params.version:q}"
            " --output results/genomes/{wildcards.genome} 2> {log}"


if "genes" in config:

    rule genes:
        input:
            genome_source,
            model=f"results/{config['genes']['task']}/model.safetensors",
        output:
            gff3="results/genomes/{genome}/genes/genes.gff3",
            proteins="results/genomes/{genome}/genes/genes.faa",
            sequences="results/genomes/{genome}/genes/genes.ffn",
            bed="results/genomes/{genome}/genes/genes.bed",
            table="results/genomes/{genome}/genes/genes.tsv",
        log:
            "logs/genes/{genome}.log",
        benchmark:
            "logs/genes/{genome}.tsv"
        params:
            genome=genome_path,
            min_nt=config["genes"]["min_nt"],
            table=config["genes"]["table"],
        shell:
            "riboswitch genes {params.genome:q} {input.model} --min-nt {params.min_nt} --table {params.table}"
            " --output results/genomes/{wildcards.genome}/genes 2> {log}"


if "annotate" in config:

    rule annotate:
        input:
            genome_source,
            model=f"results/{config['annotate']['task']}/model.safetensors",
        output:
            summary="results/genomes/{genome}/annotation/summary.json",
            gff3="results/genomes/{genome}/annotation/segments.gff3",
            bed="results/genomes/{genome}/annotation/segments.bed",
            table="results/genomes/{genome}/annotation/segments.tsv",
            tracks=directory("results/genomes/{genome}/annotation/positions"),
        log:
            "logs/annotate/{genome}.log",
        benchmark:
            "logs/annotate/{genome}.tsv"
        params:
            genome=genome_path,
            settings=of_section("annotate", leave_out=("task", "tracks", "precision")),
            tracks=config["annotate"]["tracks"],
            precision=config["annotate"]["precision"],
        shell:
            "riboswitch annotate {params.genome:q} {input.model} --settings {params.settings:q}"
            " --tracks {params.tracks} --precision {params.precision}"
            " --output results/genomes/{wildcards.genome}/annotation 2> {log}"
