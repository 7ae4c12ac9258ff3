# Genomes: resistance calls, genes, and a model's answer for every base.
include: "../options/genomes.smk"


if "scan" in config:

    rule scan:
        input:
            sequence=genome_or_proteins,
            annotation=genome_annotation,
            proteins=proteins_beside,
            curated=curated_files,
            model=gene_model,
        output:
            calls="results/genomes/{genome}/calls.parquet",
            table="results/genomes/{genome}/calls.tsv",
            gff3="results/genomes/{genome}/calls.gff3",
            bed="results/genomes/{genome}/calls.bed",
        log:
            "logs/scan/{genome}.log",
        benchmark:
            "logs/scan/{genome}.tsv"
        resources:
            mem_mb=growing(2000),
            runtime=growing(240),
        params:
            annotation=annotation_options,
            proteins=proteins_options,
            model=gene_model_options,
            curated=curated_options,
            settings=as_is(
                of_section("scan", ("task", "curated", "database", "database_version"))
            ),
            database=as_is(config["scan"]["database"]),
            version=as_is(config["scan"]["database_version"]),
            folder=subpath(output.calls, parent=True),
        shell:
            "riboswitch scan {input.sequence:q} {params.annotation:q} {params.proteins:q} {params.model:q}"
            " {params.curated:q} --settings={params.settings:q} --database={params.database:q} --database-version={params.version:q}"
            " --output={params.folder:q} 2> {log:q}"


if "genes" in config:

    rule genes:
        input:
            sequence=genome_sequence,
            model=f"results/{config['genes']['task']}/model.safetensors",
        output:
            gff3="results/genomes/{genome}/genes/genes.gff3",
            proteins="results/genomes/{genome}/genes/genes.faa",
            sequences="results/genomes/{genome}/genes/genes.ffn",
            bed="results/genomes/{genome}/genes/genes.bed",
            table="results/genomes/{genome}/genes/genes.tsv",
        log:
            "logs/genes/{genome}.log",
        benchmark:
            "logs/genes/{genome}.tsv"
        resources:
            mem_mb=growing(2000),
            runtime=growing(120),
        params:
            min_nt=as_is(config["genes"]["min_nt"]),
            table=as_is(config["genes"]["table"]),
            folder=subpath(output.gff3, parent=True),
        shell:
            "riboswitch genes {input.sequence:q} {input.model:q} --min-nt={params.min_nt:q} --table={params.table:q}"
            " --output={params.folder:q} 2> {log:q}"


if "annotate" in config:

    rule annotate:
        input:
            sequence=genome_sequence,
            model=f"results/{config['annotate']['task']}/model.safetensors",
        output:
            summary="results/genomes/{genome}/annotation/summary.json",
            gff3="results/genomes/{genome}/annotation/segments.gff3",
            bed="results/genomes/{genome}/annotation/segments.bed",
            table="results/genomes/{genome}/annotation/segments.tsv",
            tracks=directory("results/genomes/{genome}/annotation/positions"),
        log:
            "logs/annotate/{genome}.log",
        benchmark:
            "logs/annotate/{genome}.tsv"
        resources:
            mem_mb=growing(2000),
            runtime=growing(480),
        params:
            settings=as_is(
                of_section("annotate", leave_out=("task", "tracks", "precision"))
            ),
            tracks=as_is(repeated("--tracks", config["annotate"]["tracks"])),
            precision=as_is(config["annotate"]["precision"]),
            folder=subpath(output.summary, parent=True),
        shell:
            "riboswitch annotate {input.sequence:q} {input.model:q} --settings={params.settings:q}"
            " {params.tracks:q} --precision={params.precision:q}"
            " --output={params.folder:q} 2> {log:q}"
