"""Gene calling: which reading frames of a genome are its genes."""
