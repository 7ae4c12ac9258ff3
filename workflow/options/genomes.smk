# What the rules of genomes need: inputs, and words of command lines.


def genome_path(wildcards):
    """Where the sequence of a genome lies."""
    genome = config["genomes"][wildcards.genome]
    return f"{fetched(genome['data'])}/{genome['sequence']}"


def genome_options(wildcards):
    """Paths of a genome and its annotation as words of a command line."""
    genome = config["genomes"][wildcards.genome]
    words = [genome_path(wildcards)]
    if "annotation" in genome:
        annotation = f"{fetched(genome['data'])}/{genome['annotation']}"
        words += ["--annotation", annotation]
    return words


def genome_source(wildcards):
    """The manifest of the data source that holds a genome."""
    return manifest(config["genomes"][wildcards.genome]["data"])


def of_section(section, leave_out=("task",)):
    """The settings of a section as JSON, without the name of the task."""
    return option({k: v for k, v in config[section].items() if k not in leave_out})
