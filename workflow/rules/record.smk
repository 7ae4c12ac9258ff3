# The records of a run: made last, because they hold a digest of every other file.


rule record:
    input:
        "results/report.html",
        "results/metrics.json",
        ["results/hits.csv"] if "rank" in config else [],
        of_genomes("scan", "calls.tsv"),
        ["results/cohort/samples.tsv"] if "scan" in config else [],
        of_genomes("genes", "genes/genes.gff3"),
        of_genomes("annotate", "annotation/summary.json"),
        sources=collect("data/{name}/SOURCE.json", name=sorted(config["data"])),
    output:
        run="results/run.json",
        checklist="results/checklist.md",
        crate="results/ro-crate-metadata.json",
    log:
        "logs/record.log",
    localrule: True
    params:
        config=as_is(option({**config, **({"genomes": SHEET} if SHEET else {})})),
        title=as_is(config["report"]["title"]),
        words=as_is(record_options()),
        tasks=as_is(repeated("--tasks", sorted(config["tasks"]))),
        sources=as_is(repeated("--sources", sorted(config["data"]))),
        results=subpath(output.crate, parent=True),
        data=data_folder,
    shell:
        "printf %s {params.config:q} | riboswitch record {params.results:q} {params.data:q} --config=-"
        " --title={params.title:q} {params.words:q} {params.tasks:q} {params.sources:q} 2> {log:q}"
