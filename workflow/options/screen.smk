# Inputs, command-line words, memory and time of the rules for compounds.

AUTO = config["screen"]["shards"] == "auto"


# Keys of the section rank that are options of their own, not settings.
RANK_FILES = ("genome", "genomes", "classes", "tested", "reference")


def shard_options(wildcards):
    """--shard (from 0) and --shards, from the wildcard `3-of-8`."""
    number, shards = map(int, wildcards.scatteritem.split("-of-"))
    return [f"--shard={number - 1}", f"--shards={shards}"]


def library_encoding():
    """Settings of the encoding: those of the screened tasks or, if these differ, the default, which holds most."""
    settings = [
        config["tasks"][task]["featurize"] for task in config["screen"]["tasks"]
    ]
    return settings[0] if all(each == settings[0] for each in settings) else {}


def named_models(wildcards, input):
    """NAME=MODEL for every screened task."""
    return [
        f"{task}={path}" for task, path in zip(config["screen"]["tasks"], input.models)
    ]


def model_options(wildcards, input):
    """--model NAME=MODEL for every screened task."""
    return repeated("--model", named_models(wildcards, input))


def plan(wildcards):
    """What the pilot measured. (A scattergather would fix the number of shards before the pilot runs.)"""
    with checkpoints.estimate.get().output[0].open() as file:
        return json.load(file)


def scores(wildcards):
    """The scores of all shards, in order."""
    if not AUTO:
        return gather.screen("results/scores/{scatteritem}.parquet")
    number = plan(wildcards)["shards"]
    return [f"results/scores/{i}-of-{number}.parquet" for i in range(1, number + 1)]


def shard_minutes(wildcards, attempt):
    """Time limit of a shard: three times what is expected, because nodes differ in speed."""
    return (3 * config["screen"]["minutes"] if AUTO else 240) * attempt


def shard_memory(wildcards, attempt):
    """What the pilot needed, if that is known, and 500 MB for two Snakemake processes."""
    taken = plan(wildcards)["screen"]["memory_mb"] if AUTO else None
    return (round(taken) + 500 if taken else 2000) * attempt


def prepare_memory(wildcards, threads, attempt):
    """A process for each thread, and one that holds all ids and keys."""
    return (1000 + 500 * threads) * attempt


def calls_options(wildcards, input):
    """--calls of rank, if compounds are ranked for a genome, and --genomes for each isolate of the panel."""
    genome, names = config["rank"].get("genome"), ranked_genomes()
    paths = {name: calls_path(name, names, input.calls) for name in names}
    words = repeated("--calls", paths[genome]) if genome else []
    isolates = config["rank"].get("genomes", [])
    return words + repeated("--genomes", [f"{name}={paths[name]}" for name in isolates])


def measured_input():
    """The file of compounds that were measured, if there is one."""
    tested = config["rank"].get("tested")
    return [of_clone(tested)] if tested else []


def tested_options(wildcards, input):
    """--tested of rank."""
    return repeated("--tested", input.tested)


def reference_input():
    """The scores of the reference compounds, if there are any."""
    return ["results/reference/scores.parquet"] if "reference" in config["rank"] else []


def reference_options(wildcards, input):
    """--reference of rank."""
    return repeated("--reference", input.reference)


def panel_options(wildcards, output):
    """--panel of rank."""
    return repeated("--panel", output.panel)
