# Compounds: prepare once, score in shards, rank against one genome.
include: "../options/screen.smk"


if not AUTO:

    scattergather:
        screen=config["screen"]["shards"],


rule prepare:
    input:
        manifest(config["library"]["data"]),
    output:
        library="results/library/library.json",
        rejected="results/library/rejected.tsv",
    log:
        "logs/prepare.log",
    benchmark:
        "logs/prepare.tsv"
    threads: 8  # or as many as there are; the bytes do not depend on it
    resources:
        mem_mb=prepare_memory,
        runtime=growing(480),
    params:
        source=located(config["library"]),
        reading=option(config["library"]["reading"]),
        duplicates=config["library"]["duplicates"],
        duplicates_by=config["library"]["duplicates_by"],
        max_rejected=config["library"]["max_rejected"],
        folder=subpath(output.library, parent=True),
    shell:
        "riboswitch prepare {params.source:q} --reading {params.reading:q} --duplicates {params.duplicates}"
        " --duplicates-by {params.duplicates_by} --max-rejected {params.max_rejected} --processes {threads}"
        " --output {params.folder} 2> {log}"


checkpoint estimate:
    input:
        library="results/library/library.json",
        models=collect(
            "results/{task}/model.safetensors", task=config["screen"]["tasks"]
        ),
    output:
        "results/estimate.json",
    log:
        "logs/estimate.log",
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        library=subpath(input.library, parent=True),
        models=named_models,
        minutes=config["screen"]["minutes"],
        precision=config["screen"]["precision"],
    shell:
        "riboswitch estimate {params.library} {params.models:q} --minutes {params.minutes}"
        " --precision {params.precision} --output {output} > {log} 2>&1"


rule screen:
    input:
        library="results/library/library.json",
        models=collect(
            "results/{task}/model.safetensors", task=config["screen"]["tasks"]
        ),
    output:
        "results/scores/{scatteritem}.parquet",
    log:
        "logs/screen/{scatteritem}.log",
    benchmark:
        "logs/screen/{scatteritem}.tsv"
    threads: 1  # shards run side by side; --set-threads screen=8 divides each further
    resources:
        mem_mb=shard_memory,
        runtime=shard_minutes,
    params:
        library=subpath(input.library, parent=True),
        models=named_models,
        shard=shard_options,
        precision=config["screen"]["precision"],
    shell:
        "riboswitch screen {params.library} {params.models:q} {params.shard}"
        " --precision {params.precision} --processes {threads} --output {output} 2> {log}"


rule rank:
    input:
        library="results/library/library.json",
        scores=scores,
        models=collect(
            "results/{task}/model.safetensors", task=config["screen"]["tasks"]
        ),
        calls=f"results/genomes/{config['rank']['genome']}/calls.parquet",
        classes=of_clone(config["rank"]["classes"]),
    output:
        hits="results/hits.csv",
        compounds="results/compounds.parquet",
        counts="results/counts.json",
    log:
        "logs/rank.log",
    resources:
        mem_mb=rank_memory,
        runtime=growing(120),
    params:
        library=subpath(input.library, parent=True),
        models=model_options,
        settings=option(
            {k: v for k, v in config["rank"].items() if k not in ("genome", "classes")}
        ),
    shell:
        "riboswitch rank {params.library} {input.scores} --calls {input.calls} --classes {input.classes}"
        " {params.models:q} --settings {params.settings:q} --hits {output.hits} --compounds {output.compounds}"
        " --counts {output.counts} 2> {log}"
