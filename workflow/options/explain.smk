# Inputs and command-line words of the rules for maps: what predictions rest on.

MAPS = config["report"]["maps"]
CONTROLS = (
    2  # networks on shuffled labels: two of them show how far maps agree on noise
)


def hit_maps():
    """The maps of the hits, if they are wanted and the modality has maps."""
    if "rank" not in config or not MAPS["hits"]:
        return []
    task = config["tasks"][config["rank"]["score_by"]]
    offered = "explainer" in modalities.offers()[task["modality"]]
    return ["results/hit_maps.parquet"] if offered else []


def call_maps():
    """The maps of called genes, for each genome of the report; a model must have scored the genes."""
    if "task" not in config.get("scan", {}) or not MAPS["calls"]:
        return []
    return [f"results/genomes/{name}/call_maps.parquet" for name in reported_genomes()]


def explained_bundle(task):
    """The bundle of a task or, if it holds one network, those of the repeats: maps of one cannot be compared."""
    several = config["tasks"][task]["final"]["members"] > 1
    return f"results/{task}/{'model' if several else 'repeats'}.safetensors"


def control_of_hits():
    """The control of the networks that rank, if it is trained.

    Maps of letters need none: networks on shuffled labels agree on them far less than is asked for
    (docs/explain.md).
    """
    task = config["rank"]["score_by"]
    return (
        [f"results/{task}/control.safetensors"] if MAPS["control"] == "labels" else []
    )


def control_options(wildcards, input):
    """--control of explain."""
    return repeated("--control", input.control)


def joined_networks(wildcards):
    """The networks of a bundle that is only explained, or only a control."""
    if wildcards.networks == "repeats":
        return repeats(wildcards)
    return [
        f"results/{wildcards.task}/members/control-{i}.safetensors"
        for i in range(CONTROLS)
    ]


def explained_target(wildcards):
    """--of of explain: of several targets the first; of several classes the predicted one."""
    task = config["tasks"][config["rank"]["score_by"]]
    return [] if task["kind"] == "multiclass" else [f"--of={task['targets'][0]}"]


def calls_of_genome(wildcards):
    """The calls of a genome, or the folder of its batch."""
    return calls_inputs([wildcards.genome])


def call_files(wildcards, input):
    """The calls of a genome as a file."""
    return calls_path(wildcards.genome, [wildcards.genome], input.calls)


def maps_options(wildcards, input):
    """--maps and --call-maps of report."""
    named = [f"{n}={p}" for n, p in zip(reported_genomes(), input.call_maps)]
    return repeated("--maps", input.hit_maps) + repeated("--call-maps", named)
