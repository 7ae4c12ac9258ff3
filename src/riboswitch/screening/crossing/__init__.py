"""A prepared library of one side of pairs, screened against given inputs of the other side."""
