# Compounds: prepare once, score in shards, rank against a genome or a panel of isolates.
include: "../options/screen.smk"


if not AUTO:

    scattergather:
        screen=config["screen"]["shards"],


rule prepare:
    input:
        data_file(config["library"]["data"], config["library"]["file"]),
    output:
        library="results/library/library.json",
        rejected="results/library/rejected.tsv",
    log:
        "logs/prepare.log",
    benchmark:
        "logs/prepare.tsv"
    threads: 8  # at most; the result is the same with fewer
    resources:
        mem_mb=prepare_memory,
        runtime=growing(480),
    params:
        reading=as_is(option(config["library"]["reading"])),
        encoding=as_is(option(library_encoding())),
        duplicates=as_is(config["library"]["duplicates"]),
        duplicates_by=as_is(config["library"]["duplicates_by"]),
        max_rejected=as_is(config["library"]["max_rejected"]),
        folder=subpath(output.library, parent=True),
    shell:
        "riboswitch prepare {input:q} --reading={params.reading:q} --encoding={params.encoding:q}"
        " --duplicates={params.duplicates:q}"
        " --duplicates-by={params.duplicates_by:q} --max-rejected={params.max_rejected:q} --processes={threads:q}"
        " --output={params.folder:q} 2> {log:q}"


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
        minutes=as_is(config["screen"]["minutes"]),
        precision=as_is(config["screen"]["precision"]),
    shell:
        "riboswitch estimate {params.library:q} {params.models:q} --minutes={params.minutes:q}"
        " --precision={params.precision:q} --output={output:q} > {log:q} 2>&1"


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
    priority: 2
    threads: 1  # shards run in parallel; --set-threads screen=8 gives each eight cores
    resources:
        mem_mb=shard_memory,
        runtime=shard_minutes,
    params:
        library=subpath(input.library, parent=True),
        models=named_models,
        shard=shard_options,
        precision=as_is(config["screen"]["precision"]),
    shell:
        "riboswitch screen {params.library:q} {params.models:q} {params.shard:q}"
        " --precision={params.precision:q} --processes={threads:q} --output={output:q} 2> {log:q}"


if "reference" in config["rank"]:

    use rule prepare as prepare_reference with:
        input:
            data_file(
                config["rank"]["reference"]["data"],
                config["rank"]["reference"]["file"],
            ),
        output:
            library="results/reference/library.json",
            rejected="results/reference/rejected.tsv",
        log:
            "logs/prepare_reference.log",
        benchmark:
            "logs/prepare_reference.tsv"
        params:
            reading=as_is(option(config["rank"]["reference"]["reading"])),
            encoding=as_is(option(library_encoding())),
            duplicates=as_is("reject"),
            duplicates_by=as_is("inchikey"),
            max_rejected=as_is(0.5),
            folder=subpath(output.library, parent=True),

    use rule screen as screen_reference with:
        input:
            library="results/reference/library.json",
            models=collect(
                "results/{task}/model.safetensors", task=config["screen"]["tasks"]
            ),
        output:
            "results/reference/scores.parquet",
        log:
            "logs/screen/reference.log",
        benchmark:
            "logs/screen/reference.tsv"
        resources:
            mem_mb=growing(2000),
            runtime=growing(240),
        params:
            library=subpath(input.library, parent=True),
            models=named_models,
            shard=as_is([]),
            precision=as_is(config["screen"]["precision"]),


rule rank:
    input:
        library="results/library/library.json",
        scores=scores,
        models=collect(
            "results/{task}/model.safetensors", task=config["screen"]["tasks"]
        ),
        calls=calls_inputs(ranked_genomes()),
        classes=of_clone(config["rank"]["classes"]),
        tested=measured_input(),
        reference=reference_input(),
    output:
        hits="results/hits.csv",
        excluded="results/excluded.csv",
        compounds="results/compounds.parquet",
        counts="results/counts.json",
        panel=["results/panel.tsv"] if config["rank"].get("genomes") else [],
    log:
        "logs/rank.log",
    priority: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        library=subpath(input.library, parent=True),
        models=model_options,
        calls=calls_options,
        panel=panel_options,
        tested=tested_options,
        reference=reference_options,
        settings=as_is(of_section("rank", RANK_FILES)),
    shell:
        "riboswitch rank {params.library:q} {input.scores:q} {params.calls:q} --classes={input.classes:q}"
        " {params.models:q} --settings={params.settings:q} --hits={output.hits:q} --compounds={output.compounds:q}"
        " --counts={output.counts:q} --excluded={output.excluded:q} {params.panel:q} {params.tested:q}"
        " {params.reference:q} 2> {log:q}"


if "check" in config:

    rule check:
        input:
            compounds="results/compounds.parquet",
            tested=f"results/{config['check']['task']}/kept_out.parquet",
            training=f"results/{config['check']['task']}/records.parquet",
            features=f"results/{config['check']['task']}/features.npz",
        output:
            facts="results/check.json",
            table="results/tested_compounds.parquet",
        log:
            "logs/check.log",
        priority: 2
        threads: 2  # at most; the result is the same with fewer
        resources:
            mem_mb=growing(2000),
            runtime=growing(60),
        params:
            target=as_is(config["tasks"][config["check"]["task"]]["targets"][0]),
            first=as_is(repeated("--first", map(str, config["check"]["first"]))),
        shell:
            "riboswitch check {input.compounds:q} {input.tested:q} --training={input.training:q}"
            " --features={input.features:q} --target={params.target:q} {params.first:q} --table={output.table:q}"
            " --threads={threads:q} --output={output.facts:q} 2> {log:q}"
