"""Molecules: SMILES in tables or structures in SD files, read and standardised with RDKit."""
