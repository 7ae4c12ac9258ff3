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
        *(["results/panel.tsv"] if config["rank"].get("genomes") else []),
    ]


def scored_tasks():
    """The tasks with a scorecard."""
    return [
        name for name, task in sorted(config["tasks"].items()) if "scorecard" in task
    ]


def genome_of_ranking(wildcards):
    """--genome and --isolates of a report of a short-list."""
    genome = config.get("rank", {}).get("genome", [])
    isolates = config.get("rank", {}).get("genomes", [])
    return repeated("--genome", genome) + repeated("--isolates", isolates)


def named_genomes(wildcards, input):
    """--genomes: names, or NAME=CALLS of those that are scanned in batches."""
    names = reported_genomes()
    if not SHEET:
        return repeated("--genomes", names)
    paths = [calls_path(name, names, input.calls) for name in names]
    return repeated("--genomes", [f"{n}={p}" for n, p in zip(names, paths)])


def hits_table_option(wildcards, output):
    """--parquet, if compounds are ranked."""
    return [f"--parquet={output.hits}"] if "rank" in config else []


def scan_task(wildcards):
    """--scan-task, if genomes are scanned with a task."""
    task = config.get("scan", {}).get("task")
    return [f"--scan-task={task}"] if task else []


def cohort_tables(wildcards):
    """The tables of all scanned genomes, if genomes are scanned."""
    if "scan" not in config:
        return []
    return [f"results/cohort/{name}.tsv" for name in ("samples", "genes", "mutations")]


def cohort_options(wildcards, input):
    """--cohort of report."""
    return repeated("--cohort", [os.path.dirname(path) for path in input.cohort[:1]])


def record_options():
    """Date, licence and authors of the records."""
    given = config["record"]
    words = [f"--{key}={given[key]}" for key in ("date", "licence") if given[key]]
    return [*words, *repeated("--authors", given["authors"])]


def data_folder(wildcards, input):
    """The folder of all data sources."""
    return os.path.dirname(os.path.dirname(input.sources[0]))


def annotated_files():
    """What genomes have of genes and tracks."""
    return [
        *of_genomes("genes", "genes/genes.gff3"),
        *of_genomes("annotate", "annotation/summary.json"),
    ]


def annotated_options(wildcards):
    """--annotated of report."""
    names = {path.split("/")[2] for path in annotated_files()}
    return repeated("--annotated", sorted(names))


def networks_of_repeats():
    """The networks of the repeats of all tasks: they say how they learned."""
    return [
        f"results/{task}/members/repeat-{i}.safetensors"
        for task in sorted(config["tasks"])
        for i in range(repeats_of(task))
    ]
