# What was done, how good it is, what came out: one file that opens without network.


rule report:
    input:
        hits="results/hits.csv",
        compounds="results/compounds.parquet",
        counts="results/counts.json",
        library="results/library/library.json",
        calls=collect(
            "results/genomes/{genome}/calls.parquet", genome=sorted(config["genomes"])
        ),
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
        genome=config["rank"]["genome"],
        tasks=sorted(config["tasks"]),
        genomes=sorted(config["genomes"]),
        sources=sorted(config["data"]),
    shell:
        "riboswitch report results data --title {params.title:q} --genome {params.genome}"
        " --tasks {params.tasks} --genomes {params.genomes} --sources {params.sources}"
        " --output {output.report} --metrics {output.metrics} 2> {log}"
