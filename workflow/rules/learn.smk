# Data, records, splits, networks and baselines: the same for every task.
from functools import partial


def parse_spec(wildcards):
    """The arguments of parse, with the paths of fetched files filled in."""
    spec = {**config["tasks"][wildcards.task]["parse"]}
    spec["sources"] = [
        {
            **{k: v for k, v in source.items() if k not in ("data", "files")},
            "paths": [f"data/{source['data']}/{file}" for file in source["files"]],
        }
        for source in spec["sources"]
    ]
    for part, key in (("annotate", "table"), ("background", "genome")):
        if part in spec:
            rest = {k: v for k, v in spec[part].items() if k not in ("data", "file")}
            spec[part] = {**rest, key: located(spec[part])}
    return option(spec)


def parse_inputs(wildcards):
    """Manifests of the data sources that a task reads, and its table of names."""
    spec = config["tasks"][wildcards.task]["parse"]
    names = [s["data"] for s in spec["sources"]]
    names += [spec[part]["data"] for part in ("annotate", "background") if part in spec]
    tables = [spec["classes"]["table"]] if "classes" in spec else []
    return [manifest(name) for name in sorted(set(names))] + tables


def parse_options(wildcards):
    """Modality and, where there are labels, kind and targets."""
    return [
        "--modality",
        config["tasks"][wildcards.task]["modality"],
        *target_options(wildcards),
    ]


def split_options(wildcards):
    """The options of split as words of a command line."""
    task = config["tasks"][wildcards.task]
    how = task["split"]
    words = [
        "--method",
        how["method"],
        "--repeats",
        how["repeats"],
        "--seed",
        how["seed"],
    ]
    for part, share in sorted(how["fractions"].items()):
        words += [f"--{part}", share]
    for key in ("column", "relatives"):
        if key in how:
            words += [f"--{key}", how[key]]
    if task["kind"] in ("binary", "multiclass"):
        words += ["--target", task["targets"][0]]
    return [str(word) for word in [*words, "--options", option(how["options"])]]


def repeats(wildcards):
    """Networks that were trained on the repeats of the split."""
    number = config["tasks"][wildcards.task]["split"]["repeats"]
    return [
        f"results/{wildcards.task}/members/repeat-{i}.safetensors"
        for i in range(number)
    ]


def unlabelled_spec(wildcards):
    """The arguments of parse for the sequences of the pre-training."""
    spec = config["tasks"][wildcards.task]["pretrain"]
    paths = [f"data/{spec['data']}/{file}" for file in spec["files"]]
    return option({"sources": [{"paths": paths, "reading": spec["reading"]}]})


def unlabelled_source(wildcards):
    """The manifest of the data source that holds them."""
    return manifest(config["tasks"][wildcards.task]["pretrain"]["data"])


def pretrain_options(wildcards):
    """The options of pretrain as words of a command line."""
    task = config["tasks"][wildcards.task]
    spec = task["pretrain"]
    how = {key: spec[key] for key in ("epochs", "batch_size", "learning_rate")}
    words = ["--copies", spec["copies"], "--hidden", spec["hidden"]]
    words += ["--settings", option(how), "--network", option(task["network"])]
    words += ["--alphabet", task["featurize"].get("alphabet", "protein")]
    return [str(word) for word in words]


def pretrained(wildcards):
    """The network that others start from, if there is one."""
    if "pretrain" not in config["tasks"][wildcards.task]:
        return []
    return [f"results/{wildcards.task}/members/pretrained.safetensors"]


def init_options(wildcards, input):
    """--init of train."""
    return [word for path in input.pretrained for word in ("--init", path)]


def finals(wildcards):
    """Networks that were trained on all rows."""
    number = config["tasks"][wildcards.task]["final"]["members"]
    return [
        f"results/{wildcards.task}/members/final-{i}.safetensors" for i in range(number)
    ]


def stacked(wildcards):
    """Whether partners may stand beside the networks: of positions they cannot."""
    task = config["tasks"][wildcards.task]
    return task["stack"] == "auto" and task["kind"] != "per_position"


def partners(wildcards):
    """The partners that go into the bundle, if there may be any."""
    return (
        [f"results/{wildcards.task}/partners.safetensors"] if stacked(wildcards) else []
    )


def judged(wildcards):
    """What is judged: of stacked networks the stack, because that is what is used."""
    methods = ["heldout", "baseline", *(["stack"] if stacked(wildcards) else [])]
    return [f"results/{wildcards.task}/{method}.parquet" for method in methods]


def judged_method(wildcards):
    """The method that is compared with all others."""
    return "stack" if stacked(wildcards) else "network"


def final_epochs(wildcards):
    """How long the networks of the final ensemble are trained."""
    return config["tasks"][wildcards.task]["final"]["epochs"]


def fetch_options(wildcards):
    """The options of fetch as words of a command line."""
    source = config["data"][wildcards.name]
    digest = source["sha256"]
    words = [
        "--sha256",
        *(
            [digest]
            if isinstance(digest, str)
            else [f"{k}={v}" for k, v in sorted(digest.items())]
        ),
    ]
    if source.get("members"):
        words += ["--members", *source["members"]]
    # One word each: an empty word would be lost on the way through the shell.
    return words + [
        f"--licence={source['licence']}",
        f"--citation={source['citation']}",
    ]


def fetch_source(wildcards):
    """Where a data source comes from."""
    return config["data"][wildcards.name]["source"]


rule fetch:
    output:
        "data/{name}/SOURCE.json",
    log:
        "logs/fetch/{name}.log",
    retries: 2
    params:
        source=fetch_source,
        options=fetch_options,
    shell:
        "riboswitch fetch {params.source:q} data/{wildcards.name} {params.options:q} 2> {log}"


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
    params:
        options=pretrain_options,
    shell:
        "riboswitch pretrain {input} {params.options:q} --output {output} 2> {log}"


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
    params:
        target=target_options,
        settings=partial(of_task, key="train"),
        network=partial(of_task, key="network"),
        init=init_options,
    shell:
        "riboswitch train {input.records} {input.features} {input.split} {params.target:q} {params.init}"
        " --repeat {wildcards.number} --settings {params.settings:q} --network {params.network:q}"
        " --output {output} 2> {log}"


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
    params:
        epochs=final_epochs,
        init=init_options,
    shell:
        "riboswitch train {input.records} {input.features} {input.split} --like {input.like} {params.init}"
        " --seed {wildcards.number} --epochs {params.epochs} --output {output} 2> {log}"


rule stack:
    input:
        records="results/{task}/records.parquet",
        features="results/{task}/features.npz",
        split="results/{task}/split.parquet",
        networks="results/{task}/heldout.parquet",
    output:
        predictions="results/{task}/stack.parquet",
        partners="results/{task}/partners.safetensors",
    log:
        "logs/stack/{task}.log",
    benchmark:
        "logs/stack/{task}.tsv"
    shell:
        "riboswitch stack {input.records} {input.features} {input.split} {input.networks}"
        " --output {output.predictions} --partners {output.partners} 2> {log}"


rule ensemble:
    input:
        members=finals,
        partners=partners,
        records="results/{task}/records.parquet",
    output:
        "results/{task}/model.safetensors",
    log:
        "logs/ensemble/{task}.log",
    shell:
        "riboswitch ensemble {input.members} {input.partners} --records {input.records} --output {output} 2> {log}"


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
    params:
        bootstrap=config["evaluate"]["bootstrap"],
        method=judged_method,
    shell:
        "riboswitch evaluate {input} --output {output} --model {params.method}"
        " --bootstrap {params.bootstrap} 2> {log}"
