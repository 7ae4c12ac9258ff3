# Data, records, splits, networks and baselines: the same for every task.
from functools import partial


include: "../options/learn.smk"


# Where snakemake runs: nodes of a cluster often have no network.
localrules:
    fetch,


rule fetch:
    output:
        "data/{name}/SOURCE.json",
    log:
        "logs/fetch/{name}.log",
    retries: 2
    params:
        source=fetch_source,
        folder=subpath(output[0], parent=True),
        options=fetch_options,
    shell:
        "riboswitch fetch {params.source:q} {params.folder} {params.options:q} 2> {log}"


rule parse:
    input:
        parse_inputs,
    output:
        records="results/{task}/records.parquet",
        rejected="results/{task}/rejected.tsv",
        counts="results/{task}/counts.json",
    log:
        "logs/parse/{task}.log",
    params:
        spec=parse_spec,
        options=parse_options,
    shell:
        "riboswitch parse {params.options:q} --spec {params.spec:q} --output {output.records}"
        " --rejected {output.rejected} --summary {output.counts} 2> {log}"


rule split:
    input:
        "results/{task}/records.parquet",
    output:
        "results/{task}/split.parquet",
    log:
        "logs/split/{task}.log",
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        options=split_options,
    shell:
        "riboswitch split {input} --output {output} {params.options:q} 2> {log}"


rule featurize:
    input:
        "results/{task}/records.parquet",
    output:
        "results/{task}/features.npz",
    log:
        "logs/featurize/{task}.log",
    params:
        settings=partial(of_task, key="featurize"),
    shell:
        "riboswitch featurize {input} --output {output} --settings {params.settings:q} 2> {log}"


rule parse_unlabelled:
    input:
        unlabelled_source,
    output:
        records="results/{task}/unlabelled.parquet",
        rejected="results/{task}/unlabelled-rejected.tsv",
        counts="results/{task}/unlabelled-counts.json",
    log:
        "logs/parse/{task}-unlabelled.log",
    params:
        spec=unlabelled_spec,
    shell:
        "riboswitch parse --modality sequence --spec {params.spec:q} --output {output.records}"
        " --rejected {output.rejected} --summary {output.counts} 2> {log}"


rule pretrain:
    input:
        "results/{task}/unlabelled.parquet",
    output:
        "results/{task}/members/pretrained.safetensors",
    log:
        "logs/train/{task}-pretrain.log",
    benchmark:
        "logs/train/{task}-pretrain.tsv"
    resources:
        mem_mb=growing(4000),
        runtime=growing(480),
    params:
        options=pretrain_options,
        device=device_options,
    shell:
        "riboswitch pretrain {input} {params.options:q} {params.device} --output {output} 2> {log}"


rule train:
    input:
        pretrained=pretrained,
        records="results/{task}/records.parquet",
        features="results/{task}/features.npz",
        split="results/{task}/split.parquet",
    output:
        "results/{task}/members/repeat-{number}.safetensors",
    log:
        "logs/train/{task}-repeat-{number}.log",
    benchmark:
        "logs/train/{task}-repeat-{number}.tsv"
    resources:
        mem_mb=growing(2000),
        runtime=growing(240),
    params:
        target=target_options,
        settings=partial(of_task, key="train"),
        network=partial(of_task, key="network"),
        init=init_options,
        device=device_options,
    shell:
        "riboswitch train {input.records} {input.features} {input.split} {params.target:q} {params.init}"
        " --repeat {wildcards.number} --settings {params.settings:q} --network {params.network:q}"
        " {params.device} --output {output} 2> {log}"


rule train_final:
    input:
        pretrained=pretrained,
        records="results/{task}/records.parquet",
        features="results/{task}/features.npz",
        split="results/{task}/split.parquet",
        like=repeats,
    output:
        "results/{task}/members/final-{number}.safetensors",
    log:
        "logs/train/{task}-final-{number}.log",
    benchmark:
        "logs/train/{task}-final-{number}.tsv"
    resources:
        mem_mb=growing(2000),
        runtime=growing(240),
    params:
        epochs=final_epochs,
        init=init_options,
        device=device_options,
    shell:
        "riboswitch train {input.records} {input.features} {input.split} --like {input.like} {params.init}"
        " --seed {wildcards.number} --epochs {params.epochs} {params.device} --output {output} 2> {log}"


rule stack:
    input:
        records="results/{task}/records.parquet",
        features="results/{task}/features.npz",
        split="results/{task}/split.parquet",
        networks="results/{task}/heldout.parquet",
    output:
        predictions="results/{task}/stack.parquet",
        base_learners="results/{task}/base_learners.safetensors",
    log:
        "logs/stack/{task}.log",
    benchmark:
        "logs/stack/{task}.tsv"
    resources:
        mem_mb=growing(2000),
        runtime=growing(240),
    shell:
        "riboswitch stack {input.records} {input.features} {input.split} {input.networks}"
        " --output {output.predictions} --base-learners {output.base_learners} 2> {log}"


rule ensemble:
    input:
        members=finals,
        base_learners=base_learners,
        records="results/{task}/records.parquet",
    output:
        "results/{task}/model.safetensors",
    log:
        "logs/ensemble/{task}.log",
    shell:
        "riboswitch ensemble {input.members} {input.base_learners} --records {input.records} --output {output} 2> {log}"


rule baseline:
    input:
        records="results/{task}/records.parquet",
        split="results/{task}/split.parquet",
    output:
        "results/{task}/baseline.parquet",
    log:
        "logs/baseline/{task}.log",
    benchmark:
        "logs/baseline/{task}.tsv"
    resources:
        mem_mb=growing(2000),
        runtime=growing(240),
    params:
        target=target_options,
    shell:
        "riboswitch baseline {input.records} {input.split} {params.target:q} --output {output} 2> {log}"


rule predict:
    input:
        models=repeats,
        records="results/{task}/records.parquet",
        features="results/{task}/features.npz",
        split="results/{task}/split.parquet",
    output:
        "results/{task}/heldout.parquet",
    log:
        "logs/predict/{task}.log",
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    shell:
        "riboswitch predict {input.records} {input.models} --features {input.features}"
        " --split {input.split} --output {output} 2> {log}"


rule evaluate:
    input:
        judged,
    output:
        "results/{task}/metrics.json",
    log:
        "logs/evaluate/{task}.log",
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        bootstrap=config["evaluate"]["bootstrap"],
        method=judged_method,
    shell:
        "riboswitch evaluate {input} --output {output} --model {params.method}"
        " --bootstrap {params.bootstrap} 2> {log}"
