# What several rules need. Each cluster job reads this file again: nothing heavy is imported here.
import json
import os

from riboswitch.config import defaults, validate
from riboswitch.errors import ConfigError
from riboswitch.workflow import check_names

SCHEMA = workflow.source_path("../schemas/config.schema.json")
try:
    validate(config, SCHEMA)
    config = defaults(config, SCHEMA)
    check_names(config)
except ConfigError as error:
    raise WorkflowError(str(error))

# Not a parameter of the rule: data that were fetched are the same from wherever they came.
if "mirror" in config:
    os.environ["RIBOSWITCH_MIRROR"] = config["mirror"]


wildcard_constraints:
    task="|".join(sorted(config["tasks"])),
    genome="|".join(sorted(config["genomes"])),
    name="|".join(sorted(config["data"])),
    number="[0-9]+",


if "library" in config:

    scattergather:
        screen=config["screen"]["shards"],


def option(value):
    """A setting as JSON with sorted keys: only its content can cause a rerun."""
    return json.dumps(value, sort_keys=True)


def of_genomes(section, file):
    """That file of every genome, if the configuration has the section that makes it."""
    genomes = sorted(config["genomes"]) if section in config else []
    return [f"results/genomes/{genome}/{file}" for genome in genomes]


def located(spec):
    """Path of a file of a data source."""
    return f"data/{spec['data']}/{spec['file']}"


def manifest(name):
    """A data source counts as fetched once this file is there."""
    return f"data/{name}/SOURCE.json"


def of_task(wildcards, key):
    """One section of a task's configuration, as JSON."""
    return option(config["tasks"][wildcards.task][key])


def target_options(wildcards):
    """--kind and --target of a task."""
    task = config["tasks"][wildcards.task]
    return [
        "--kind",
        task["kind"],
        *(word for t in task["targets"] for word in ("--target", t)),
    ]
