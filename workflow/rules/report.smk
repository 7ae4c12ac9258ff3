# The report: one HTML file that needs no network.
include: "../options/report.smk"


rule report:
    input:
        ranking,
        calls=calls_inputs(reported_genomes()),
        cohort=cohort_tables,
        hit_maps=hit_maps(),
        call_maps=call_maps(),
        annotated=annotated_files(),
        metrics=collect("results/{task}/metrics.json", task=sorted(config["tasks"])),
        audits=collect("results/{task}/audit.json", task=sorted(config["tasks"])),
        scorecards=collect("results/{task}/scorecard.json", task=scored_tasks()),
        records=collect("results/{task}/counts.json", task=sorted(config["tasks"])),
        models=collect("results/{task}/model.safetensors", task=sorted(config["tasks"])),
        networks=networks_of_repeats(),
        sources=collect("data/{name}/SOURCE.json", name=sorted(config["data"])),
    output:
        **({"hits": "results/report.parquet"} if "rank" in config else {}),
        report="results/report.html",
        metrics="results/metrics.json",
        content="results/report.json",
    log:
        "logs/report.log",
    params:
        title=as_is(config["report"]["title"]),
        max_mb=as_is(config["report"]["max_mb"]),
        genome=genome_of_ranking,
        tasks=as_is(repeated("--tasks", sorted(config["tasks"]))),
        genomes=named_genomes,
        scan_task=scan_task,
        cohort=cohort_options,
        maps=maps_options,
        annotated=annotated_options,
        sources=as_is(repeated("--sources", sorted(config["data"]))),
        results=subpath(output.report, parent=True),
        data=data_folder,
        hits=hits_table_option,
    shell:
        "riboswitch report {params.results:q} {params.data:q} --title={params.title:q} --max-mb={params.max_mb:q}"
        " {params.genome:q}"
        " {params.tasks:q} {params.genomes:q} {params.sources:q} {params.scan_task:q} {params.cohort:q}"
        " {params.maps:q} {params.annotated:q}"
        " --output={output.report:q} --metrics={output.metrics:q} --json={output.content:q} {params.hits:q} 2> {log:q}"
