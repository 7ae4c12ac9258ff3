# Inputs and command-line words of the report.


def ranking(wildcards):
    """The files of the ranking, if compounds are ranked."""
    if "rank" not in config:
        return []
    return [
        "results/hits.csv",
        "results/compounds.parquet",
        "results/counts.json",
        "results/library/library.json",
        *(["results/check.json"] if "check" in config else []),
    ]


def genome_of_ranking(wildcards):
    """--genome of a report of a short-list."""
    return [f"--genome={config['rank']['genome']}"] if "rank" in config else []


def named_genomes(wildcards):
    """--genomes, if they are scanned."""
    return repeated("--genomes", sorted(config["genomes"])) if "scan" in config else []


def scan_task(wildcards):
    """--scan-task, if genomes are scanned with a task."""
    task = config.get("scan", {}).get("task")
    return [f"--scan-task={task}"] if task else []


def data_folder(wildcards, input):
    """The folder of all data sources."""
    return os.path.dirname(os.path.dirname(input.sources[0]))
