# Compounds: prepare once, score in shards, rank against one genome.


def shard_number(wildcards):
    """Number of a shard, from 0, out of `3-of-8`."""
    return int(wildcards.scatteritem.split("-of-")[0]) - 1


def named_models(wildcards, input):
    """NAME=MODEL for every screened task."""
    return [
        f"{task}={path}" for task, path in zip(config["screen"]["tasks"], input.models)
    ]


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
    params:
        source=located(config["library"]),
        reading=option(config["library"]["reading"]),
        duplicates=config["library"]["duplicates"],
        duplicates_by=config["library"]["duplicates_by"],
        max_rejected=config["library"]["max_rejected"],
    shell:
        "riboswitch prepare {params.source:q} --reading {params.reading:q} --duplicates {params.duplicates}"
        " --duplicates-by {params.duplicates_by} --max-rejected {params.max_rejected} --processes {threads}"
        " --output results/library 2> {log}"


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
    params:
        models=named_models,
        shard=shard_number,
        shards=config["screen"]["shards"],
        precision=config["screen"]["precision"],
    shell:
        "riboswitch screen results/library {params.models:q} --shard {params.shard} --shards {params.shards}"
        " --precision {params.precision} --processes {threads} --output {output} 2> {log}"


rule rank:
    input:
        library="results/library/library.json",
        scores=gather.screen("results/scores/{scatteritem}.parquet"),
        models=collect(
            "results/{task}/model.safetensors", task=config["screen"]["tasks"]
        ),
        calls=f"results/genomes/{config['rank']['genome']}/calls.parquet",
        classes=config["rank"]["classes"],
    output:
        hits="results/hits.csv",
        compounds="results/compounds.parquet",
        counts="results/counts.json",
    log:
        "logs/rank.log",
    params:
        models=lambda wildcards, input: [
            word
            for named in named_models(wildcards, input)
            for word in ("--model", named)
        ],
        settings=option(
            {k: v for k, v in config["rank"].items() if k not in ("genome", "classes")}
        ),
    shell:
        "riboswitch rank results/library {input.scores} --calls {input.calls} --classes {input.classes}"
        " {params.models:q} --settings {params.settings:q} --hits {output.hits} --compounds {output.compounds}"
        " --counts {output.counts} 2> {log}"
