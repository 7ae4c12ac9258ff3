# What was done, how good it is, what came out: one file that opens without network.


def ranking(wildcards):
    """What rank leaves, if compounds are ranked."""
    if "rank" not in config:
        return []
    return [
        "results/hits.csv",
        "results/compounds.parquet",
        "results/counts.json",
        "results/library/library.json",
    ]


def genome_of_ranking(wildcards):
    """--genome of a report of a short-list."""
    return ["--genome", config["rank"]["genome"]] if "rank" in config else []


def named_genomes(wildcards):
    """--genomes, if they are scanned."""
    return ["--genomes", *sorted(config["genomes"])] if "scan" in config else []


rule report:
    input:
        ranking,
        calls=of_genomes("scan", "calls.parquet"),
        metrics=collect("results/{task}/metrics.json", task=sorted(config["tasks"])),
        records=collect("results/{task}/counts.json", task=sorted(config["tasks"])),
        models=collect("results/{task}/model.safetensors", task=sorted(config["tasks"])),
        sources=collect("data/{name}/SOURCE.json", name=sorted(config["data"])),
    output:
        report="results/report.html",
        metrics="results/metrics.json",
    log:
        "logs/report.log",
    params:
        title=config["report"]["title"],
        genome=genome_of_ranking,
        tasks=sorted(config["tasks"]),
        genomes=named_genomes,
        sources=sorted(config["data"]),
    shell:
        "riboswitch report results data --title {params.title:q} {params.genome}"
        " --tasks {params.tasks} {params.genomes} --sources {params.sources}"
        " --output {output.report} --metrics {output.metrics} 2> {log}"
