# What the rules of data, records and networks need: inputs, and words of command lines.


def parse_spec(wildcards):
    """The arguments of parse, with the paths of fetched files filled in."""
    spec = {**config["tasks"][wildcards.task]["parse"]}
    spec["sources"] = [
        {
            **{k: v for k, v in source.items() if k not in ("data", "files")},
            "paths": [f"{fetched(source['data'])}/{file}" for file in source["files"]],
        }
        for source in spec["sources"]
    ]
    for part, key in (("annotate", "table"), ("background", "genome")):
        if part in spec:
            rest = {k: v for k, v in spec[part].items() if k not in ("data", "file")}
            spec[part] = {**rest, key: located(spec[part])}
    if "classes" in spec:
        table = of_clone(spec["classes"]["table"])
        spec["classes"] = {**spec["classes"], "table": table}
    return option(spec)


def parse_inputs(wildcards):
    """Manifests of the data sources that a task reads, and its table of names."""
    spec = config["tasks"][wildcards.task]["parse"]
    names = [s["data"] for s in spec["sources"]]
    names += [spec[part]["data"] for part in ("annotate", "background") if part in spec]
    tables = [of_clone(spec["classes"]["table"])] if "classes" in spec else []
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
    paths = [f"{fetched(spec['data'])}/{file}" for file in spec["files"]]
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
    """Whether base learners may stand beside the networks: of positions they cannot."""
    task = config["tasks"][wildcards.task]
    return task["stack"] == "auto" and task["kind"] != "per_position"


def base_learners(wildcards):
    """The base learners that go into the bundle, if there may be any."""
    return (
        [f"results/{wildcards.task}/base_learners.safetensors"] if stacked(wildcards) else []
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
