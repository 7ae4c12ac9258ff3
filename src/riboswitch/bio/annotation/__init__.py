"""Features of annotated genomes: GenBank and EMBL entries, GFF3."""
