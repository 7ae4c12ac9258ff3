# From data to evaluated models: the same rules for every task.
from functools import partial


include: "../options/learn.smk"


# One rule for each data source, because each has other files.
for source, files in files_by_source(config).items():

    rule:
        name:
            f"fetch_{source}"
        output:
            # update: the old files stay where a new download fails.
            files=update([data_file(source, file) for file in files]),
            manifest=update(f"data/{source}/SOURCE.json"),
        log:
            f"logs/fetch/{source}.log",
        retries: 2
        localrule: True  # nodes of a cluster often have no network
        params:
            source=as_is(config["data"][source]["source"]),
            folder=subpath(output.manifest, parent=True),
            options=as_is(fetch_options(source)),
        shell:
            "riboswitch fetch {params.source:q} {params.folder:q} {params.options:q} 2> {log:q}"

    if workflow.is_main_process:
        warn_of_edits(fetched(source))


rule parse:
    input:
        parse_inputs,
    output:
        records="results/{task}/records.parquet",
        rejected="results/{task}/rejected.tsv",
        counts="results/{task}/counts.json",
        curation="results/{task}/curation.tsv",
    log:
        "logs/parse/{task}.log",
    wildcard_constraints:
        task=OTHERS,
    params:
        spec=parse_spec,
        options=parse_options,
    shell:
        "riboswitch parse {params.options:q} --spec={params.spec:q} --output={output.records:q}"
        " --rejected={output.rejected:q} --summary={output.counts:q} --curation={output.curation:q} 2> {log:q}"


# The same for tasks that keep rows out of training: these rows go into a file of their own.
# Priorities: on a machine with few cores, what the short-list waits for goes before what only the report shows.
rule parse_held_out:
    input:
        parse_inputs,
    output:
        records="results/{task}/records.parquet",
        rejected="results/{task}/rejected.tsv",
        counts="results/{task}/counts.json",
        curation="results/{task}/curation.tsv",
        kept_out="results/{task}/kept_out.parquet",
        kept_out_rejected="results/{task}/kept_out-rejected.tsv",
    log:
        "logs/parse/{task}.log",
    wildcard_constraints:
        task=KEEPING_OUT,
    priority: 2
    params:
        spec=parse_spec,
        options=parse_options,
    shell:
        "riboswitch parse {params.options:q} --spec={params.spec:q} --output={output.records:q}"
        " --rejected={output.rejected:q} --kept-out={output.kept_out:q} --summary={output.counts:q}"
        " --curation={output.curation:q} 2> {log:q}"


rule split:
    input:
        "results/{task}/records.parquet",
    output:
        "results/{task}/split.parquet",
    log:
        "logs/split/{task}.log",
    priority: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        options=split_options,
    shell:
        "riboswitch split {input:q} --output={output:q} {params.options:q} 2> {log:q}"


rule audit:
    input:
        records="results/{task}/records.parquet",
        split="results/{task}/split.parquet",
    output:
        "results/{task}/audit.json",
    log:
        "logs/audit/{task}.log",
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        targets=audited_targets,
    shell:
        "riboswitch audit {input.records:q} {input.split:q} {params.targets:q} --only-report --processes=1"
        " --output={output:q} 2> {log:q}"


rule scorecard:
    input:
        records="results/{task}/records.parquet",
        split=fixed_split,
    output:
        card="results/{task}/scorecard.json",
        table="results/{task}/scorecard.tsv",
    log:
        "logs/scorecard/{task}.log",
    benchmark:
        "logs/scorecard/{task}.tsv"
    resources:
        mem_mb=growing(4000),
        runtime=growing(1440),
    params:
        target=target_options,
        options=scorecard_options,
        split=fixed_split_option,
        device=device_options,
    shell:
        "riboswitch scorecard {input.records:q} {params.target:q} {params.options:q} {params.split:q} {params.device:q}"
        " --output={output.card:q} --table={output.table:q} 2> {log:q}"


rule featurize:
    input:
        "results/{task}/records.parquet",
    output:
        "results/{task}/features.npz",
    log:
        "logs/featurize/{task}.log",
    priority: 1
    params:
        settings=partial(of_task, key="featurize"),
    shell:
        "riboswitch featurize {input:q} --output={output:q} --settings={params.settings:q} 2> {log:q}"


rule parse_unlabelled:
    input:
        unlabelled_inputs,
    output:
        records="results/{task}/unlabelled.parquet",
        rejected="results/{task}/unlabelled-rejected.tsv",
        counts="results/{task}/unlabelled-counts.json",
    log:
        "logs/parse/{task}-unlabelled.log",
    params:
        modality=modality,
        spec=unlabelled_spec,
    shell:
        "riboswitch parse --modality={params.modality:q} --spec={params.spec:q} --output={output.records:q}"
        " --rejected={output.rejected:q} --summary={output.counts:q} 2> {log:q}"


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
        "riboswitch pretrain {input:q} {params.options:q} {params.device:q} --output={output:q} 2> {log:q}"


rule tune:
    input:
        pretrained=pretrained,
        records="results/{task}/records.parquet",
        features="results/{task}/features.npz",
        split="results/{task}/split.parquet",
    output:
        "results/{task}/members/tuned-{number}.json",
    log:
        "logs/train/{task}-tuned-{number}.log",
    benchmark:
        "logs/train/{task}-tuned-{number}.tsv"
    resources:
        mem_mb=growing(2000),
        runtime=growing(480),
    params:
        target=target_options,
        options=tune_options,
        settings=partial(of_task, key="train"),
        network=partial(of_task, key="network"),
        init=init_options,
        device=device_options,
        journal=journal,
    shell:
        "riboswitch tune {input.records:q} {input.features:q} {input.split:q} {params.target:q} {params.init:q}"
        " --repeat={wildcards.number:q} {params.options:q} --settings={params.settings:q}"
        " --network={params.network:q} {params.device:q} --journal={params.journal:q} --output={output:q}"
        " 2> {log:q}"


rule train:
    input:
        pretrained=pretrained,
        tuned=tuned,
        records="results/{task}/records.parquet",
        features="results/{task}/features.npz",
        split="results/{task}/split.parquet",
    output:
        "results/{task}/members/repeat-{number}.safetensors",
    log:
        "logs/train/{task}-repeat-{number}.log",
    benchmark:
        "logs/train/{task}-repeat-{number}.tsv"
    priority: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(240),
    params:
        target=target_options,
        settings=given_settings,
        network=given_network,
        tuned=tuned_options,
        init=init_options,
        device=device_options,
    shell:
        "riboswitch train {input.records:q} {input.features:q} {input.split:q} {params.target:q} {params.init:q}"
        " --repeat={wildcards.number:q} --settings={params.settings:q} --network={params.network:q} {params.tuned:q}"
        " {params.device:q} --output={output:q} 2> {log:q}"


rule train_final:
    input:
        pretrained=pretrained,
        tuned=first_tuned,
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
        like=like_options,
        epochs=final_epochs,
        tuned=tuned_options,
        init=init_options,
        device=device_options,
    shell:
        "riboswitch train {input.records:q} {input.features:q} {input.split:q} {params.like:q} {params.init:q}"
        " --seed={wildcards.number:q} --epochs={params.epochs:q} {params.tuned:q} {params.device:q} --output={output:q} 2> {log:q}"


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
    priority: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(240),
    shell:
        "riboswitch stack {input.records:q} {input.features:q} {input.split:q} {input.networks:q}"
        " --output={output.predictions:q} --base-learners={output.base_learners:q} 2> {log:q}"


rule ensemble:
    input:
        members=finals,
        base_learners=base_learners,
        records="results/{task}/records.parquet",
        held_out=held_out,
        split="results/{task}/split.parquet",
    output:
        "results/{task}/model.safetensors",
    log:
        "logs/ensemble/{task}.log",
    priority: 2
    params:
        calibration=calibration_options,
    shell:
        "riboswitch ensemble {input.members:q} {input.base_learners:q} --records={input.records:q}"
        " {params.calibration:q} --output={output:q} 2> {log:q}"


rule baseline:
    input:
        records="results/{task}/records.parquet",
        features="results/{task}/features.npz",
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
        methods=baseline_options,
    shell:
        "riboswitch baseline {input.records:q} {input.split:q} {params.target:q} {params.methods:q}"
        " --features={input.features:q}"
        " --output={output:q} 2> {log:q}"


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
    priority: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    shell:
        "riboswitch predict {input.records:q} {input.models:q} --features={input.features:q}"
        " --split={input.split:q} --output={output:q} 2> {log:q}"


rule evaluate:
    input:
        predictions=evaluated,
        curation="results/{task}/curation.tsv",
    output:
        "results/{task}/metrics.json",
    log:
        "logs/evaluate/{task}.log",
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        bootstrap=as_is(config["evaluate"]["bootstrap"]),
        method=evaluated_method,
        merge=merge_options,
    shell:
        "riboswitch evaluate {input.predictions:q} --curation={input.curation:q} --output={output:q} --model={params.method:q}"
        " --bootstrap={params.bootstrap:q} {params.merge:q} 2> {log:q}"
