# `snakemake` finds this file, and profiles/default beside it.
include: "workflow/Snakefile"


# An included file cannot set the default target, so this rule does.
rule main_job:
    default_target: True
    input:
        rules.all.input,
