# Genomes: open reading frames -> class calls.


def genome_options(wildcards):
    """Paths of a genome and its annotation as words of a command line."""
    genome = config["genomes"][wildcards.genome]
    words = [f"data/{genome['data']}/{genome['sequence']}"]
    if "annotation" in genome:
        words += ["--annotation", f"data/{genome['data']}/{genome['annotation']}"]
    return words


def genome_source(wildcards):
    """The manifest of the data source that holds a genome."""
    return manifest(config["genomes"][wildcards.genome]["data"])


def of_section(section):
    """An input or params function of one section: its settings without the name of the task, as JSON."""

    def settings(wildcards):
        return option({k: v for k, v in config[section].items() if k != "task"})

    return settings


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
            settings=of_section("scan"),
        shell:
            "riboswitch scan {params.genome:q} {input.model} --references {input.references}"
            " --settings {params.settings:q} --output results/genomes/{wildcards.genome} 2> {log}"
