# What predictions rest on: maps of the atoms of hits and of the residues of called genes, for the report.
include: "../options/explain.smk"


# The same networks, trained in the same way on labels in random order: what maps of these show was not learned.
rule train_control:
    input:
        pretrained=pretrained,
        records="results/{task}/records.parquet",
        features="results/{task}/features.npz",
        split="results/{task}/split.parquet",
        like=repeats,
    output:
        "results/{task}/members/control-{number}.safetensors",
    log:
        "logs/train/{task}-control-{number}.log",
    benchmark:
        "logs/train/{task}-control-{number}.tsv"
    resources:
        mem_mb=growing(2000),
        runtime=growing(240),
    params:
        like=like_options,
        epochs=final_epochs,
        init=init_options,
        device=device_options,
    shell:
        "riboswitch train {input.records:q} {input.features:q} {input.split:q} {params.like:q} {params.init:q}"
        " --seed={wildcards.number:q} --epochs={params.epochs:q} {params.device:q} --shuffled --output={output:q}"
        " 2> {log:q}"


rule ensemble_networks:
    input:
        members=joined_networks,
        records="results/{task}/records.parquet",
    output:
        "results/{task}/{networks}.safetensors",
    log:
        "logs/ensemble/{task}-{networks}.log",
    wildcard_constraints:
        networks="repeats|control",
    shell:
        "riboswitch ensemble {input.members:q} --records={input.records:q} --output={output:q} 2> {log:q}"


if hit_maps():

    rule explain:
        input:
            hits="results/hits.csv",
            model=explained_bundle(config["rank"]["score_by"]),
            control=control_of_hits(),
        output:
            "results/hit_maps.parquet",
        log:
            "logs/explain.log",
        benchmark:
            "logs/explain.tsv"
        resources:
            mem_mb=growing(2000),
            runtime=growing(240),
        params:
            first=as_is(MAPS["hits"]),
            target=explained_target,
            control=control_options,
        shell:
            "riboswitch explain {input.hits:q} {input.model:q} --input-column=smiles --id-column=id"
            " --first={params.first:q} {params.target:q} {params.control:q} --output={output:q} 2> {log:q}"


if call_maps():

    rule explain_calls:
        input:
            sequence=genome_or_proteins,
            annotation=genome_annotation,
            proteins=proteins_beside,
            calls=calls_of_genome,
            model=explained_bundle(config["scan"]["task"]),
        output:
            "results/genomes/{genome}/call_maps.parquet",
        log:
            "logs/explain/{genome}.log",
        benchmark:
            "logs/explain/{genome}.tsv"
        resources:
            mem_mb=growing(2000),
            runtime=growing(240),
        params:
            calls=call_files,
            annotation=annotation_options,
            proteins=proteins_options,
            first=as_is(MAPS["calls"]),
        shell:
            "riboswitch explain-calls {input.sequence:q} {params.calls:q} {input.model:q} {params.annotation:q}"
            " {params.proteins:q} --first={params.first:q} --output={output:q} 2> {log:q}"
