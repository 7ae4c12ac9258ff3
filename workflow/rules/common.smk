# Shared by the rules. Each cluster job reads this file again, so nothing heavy is imported here.
import json
import os
import re
import sys
import time
from pathlib import Path

# The clone that holds this file. (source_path would give a copy in a folder that changes with each run.)
CLONE = os.path.normpath(workflow.current_basedir.join("../..").get_path_or_uri(True))
# Snakemake may run in an environment without the package, if the steps run in a container.
sys.path.append(os.path.join(CLONE, "src"))

from riboswitch.config.loading import defaults, load, validate
from riboswitch import modalities
from riboswitch.errors import ConfigError, InputError
from riboswitch.config.samples import batches, read_samples
from riboswitch.config.program import put_on_path
from riboswitch.config.checks import check_names
from riboswitch.reporting.finished import failed, succeeded
from riboswitch.config.data_files import (
    check_files,
    edited_files,
    files_by_source,
    parse_files,
    source_files,
)

# When this run began. The clock of files may be a second behind.
STARTED = time.time() - 1


def say_at_end(lines):
    """The last words of a run, unless it was asked to say nothing; the runs of single jobs have none."""
    asked = {each.name for each in workflow.output_settings.quiet or ()}
    for line in lines if "ALL" not in asked else ():
        print(line, file=sys.stderr, flush=True)


# Columns of a sample sheet, and the keys of the section genomes that they stand for.
OF_SHEET = {
    "genome": "sequence",
    "proteins": "proteins",
    "gff": "annotation",
    "taxon": "taxon",
    "topology": "topology",
}


def as_genomes(samples):
    """The rows of a sample sheet as the section genomes, but for data: paths are as they are."""
    return {
        sample.name: {
            key: getattr(sample, column)
            for column, key in OF_SHEET.items()
            if getattr(sample, column)
        }
        for sample in samples
    }


put_on_path()

SCHEMA = workflow.source_path("../schemas/config.schema.json")
try:
    # Snakemake lets pass what YAML means by 010 or by a key that is given twice. The files of a workflow that uses
    # this one as a module are not ours to judge.
    if workflow.is_main_process and not workflow.modifier.skip_configfile:
        for path in workflow.configfiles:
            load(path)
    validate(config, SCHEMA)
    config = defaults(config, SCHEMA)
    # Path of the sample sheet, if there is one; its genomes take the place of the section.
    SHEET = config["genomes"] if isinstance(config["genomes"], str) else ""
    if SHEET:
        config["genomes"] = as_genomes(read_samples(SHEET))
    check_names(config, modalities.offers())
    check_files(config)
except (ConfigError, InputError) as error:
    raise WorkflowError(str(error))

# Rows of the sample sheet by batch, and the batch of each genome. Jobs for single genomes would be too many.
BATCHES = (
    batches(len(config["genomes"]), config["scan"]["batch"])
    if SHEET and "scan" in config
    else {}
)
BATCH_OF = {
    genome: name
    for genome, name in zip(
        config["genomes"],
        (name for name in BATCHES for _ in range(config["scan"]["batch"])),
    )
}

# Not a parameter of a rule: the fetched files are the same with and without a mirror.
if "mirror" in config:
    os.environ.update(RIBOSWITCH_MIRROR=config["mirror"])


wildcard_constraints:
    task="|".join(sorted(config["tasks"])),
    genome="|".join(sorted(map(re.escape, config["genomes"]))),
    batch="[0-9]+",
    number="[0-9]+",
    scatteritem="[0-9]+-of-[0-9]+",


def option(value):
    """A setting as JSON with sorted keys, so that only a change of content causes a rerun."""
    return json.dumps(value, sort_keys=True)


def as_is(value):
    """A value as a parameter. Snakemake takes braces in a plain text for wildcards, but not in what this returns."""

    def of_job(wildcards):
        return value

    return of_job


def of_genomes(section, file):
    """That file of every genome, if the configuration has the section that makes it; or folders of batches."""
    genomes = sorted(config["genomes"]) if section in config else []
    if section == "scan" and SHEET:
        return of_batches(genomes)
    if section != "scan":  # the other sections read DNA
        genomes = [
            genome for genome in genomes if "sequence" in config["genomes"][genome]
        ]
    return [f"results/genomes/{genome}/{file}" for genome in genomes]


def of_batches(genomes):
    """The folders of the batches in which genomes of the sample sheet are scanned."""
    return sorted({f"results/batches/{BATCH_OF[genome]}" for genome in genomes})


def calls_inputs(genomes):
    """Inputs that hold the calls of genomes: folders of batches, or the calls themselves."""
    if SHEET:
        return of_batches(genomes)
    return [f"results/genomes/{genome}/calls.parquet" for genome in genomes]


def calls_path(genome, genomes, inputs):
    """The calls of one of the genomes among these inputs, which may have a prefix."""
    (own,) = calls_inputs([genome])
    path = inputs[calls_inputs(genomes).index(own)]
    return f"{path}/{genome}/calls.parquet" if SHEET else path


def ranked_genomes():
    """The genome that is ranked for, if there is one, and those of the panel."""
    named = [config["rank"].get("genome"), *config["rank"].get("genomes", [])]
    return list(dict.fromkeys(filter(None, named)))


def genome_file(genome, key):
    """A file of a genome: of its data source, or as the sample sheet names it."""
    known = config["genomes"][genome]
    return (
        data_file(known["data"], known[key]) if "data" in known else local(known[key])
    )


def data_file(name, file):
    """A file of a data source, as an input or output of a rule."""
    return f"data/{name}/{file}"


def fetched(name):
    """The folder of a data source; below the prefix, if this is a module with one."""
    return os.path.dirname(getattr(rules, f"fetch_{name}").output.manifest)


def located(spec):
    """Path of a file of a data source, as a word of a command line."""
    return f"{fetched(spec['data'])}/{spec['file']}"


def of_clone(path):
    """The file in the working directory (no prefix applies), or else the one in this clone."""
    own = os.path.join(CLONE, path)
    if os.path.exists(path) or not os.path.exists(own):
        return local(path)
    if "{" in own or "}" in own:
        raise WorkflowError(
            f"{own}: Snakemake takes braces in a path for a wildcard. Move the clone."
        )
    return own


def of_task(wildcards, key):
    """One section of a task's configuration, as JSON."""
    return option(config["tasks"][wildcards.task][key])


def of_section(section, leave_out=("task",)):
    """The settings of a section as JSON, without the name of the task."""
    return option({k: v for k, v in config[section].items() if k not in leave_out})


def repeated(name, values):
    """An option with one value or, given again for each, a list of them.

    Option and value are one word: a value that starts with a dash would be taken for an option, and the shell
    would lose an empty one.
    """
    values = [values] if isinstance(values, str) else values
    return [f"{name}={value}" for value in values]


def growing(amount):
    """A resource that grows with each attempt. Profiles set `retries`, and the most that a job may ask for."""

    def of_attempt(wildcards, attempt):
        return amount * attempt

    return of_attempt


def device_options(wildcards, resources):
    """--device cuda for a job with a GPU. It fails without one, because a CPU gives other last digits."""
    return ["--device=cuda"] if resources.get("gpu") else []


def target_options(wildcards):
    """--kind and --target of a task."""
    task = config["tasks"][wildcards.task]
    return [f"--kind={task['kind']}", *repeated("--target", task["targets"])]
