# Genomes: resistance calls, genes, and a model's answer for every base.
include: "../options/genomes.smk"


if "scan" in config and not SHEET:

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
            genome=genome_options,
            settings=as_is(scan_settings()),
            database=as_is(config["scan"]["database"]),
            version=as_is(config["scan"]["database_version"]),
            folder=subpath(output.calls, parent=True),
        shell:
            "riboswitch scan {input.sequence:q} {params.annotation:q} {params.proteins:q} {params.model:q}"
            " {params.curated:q} {params.genome:q} --settings={params.settings:q} --database={params.database:q}"
            " --database-version={params.version:q}"
            " --output={params.folder:q} 2> {log:q}"


if "scan" in config and SHEET:

    rule scan_batch:
        input:
            batch_files,
            curated=curated_files,
            model=gene_model,
        output:
            directory("results/batches/{batch}"),
        log:
            "logs/batches/{batch}.log",
        benchmark:
            "logs/batches/{batch}.tsv"
        resources:
            mem_mb=growing(2000),
            runtime=growing(240),
        params:
            sheet=as_is(SHEET),  # no input: a new row at its end makes no other batch again
            samples=batch_samples,
            rows=batch_rows,
            model=gene_model_options,
            curated=curated_options,
            settings=as_is(scan_settings()),
            database=as_is(config["scan"]["database"]),
            version=as_is(config["scan"]["database_version"]),
        shell:
            "riboswitch scan {params.model:q} --samples={params.sheet:q} --rows={params.rows:q}"
            " {params.curated:q} --settings={params.settings:q} --database={params.database:q}"
            " --database-version={params.version:q} --output={output:q} 2> {log:q}"


if "scan" in config:

    rule cohort:
        input:
            of_genomes("scan", "calls.parquet"),
        output:
            samples="results/cohort/samples.tsv",
            calls="results/cohort/calls.tsv",
            genes="results/cohort/genes.tsv",
            mutations="results/cohort/mutations.tsv",
        log:
            "logs/cohort.log",
        resources:
            mem_mb=growing(1000),
            runtime=growing(60),
        params:
            folders=scanned_folders,
            output=subpath(output.samples, parent=True),
        shell:
            "riboswitch cohort {params.folders:q} --output={params.output:q} 2> {log:q}"


if "genes" in config:

    rule genes:
        input:
            sequence=genome_sequence,
            model=model_of_genes,
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
