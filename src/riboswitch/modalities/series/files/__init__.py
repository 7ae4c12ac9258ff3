"""Files of series: long tables, sktime's .ts, .npz, and signals in EDF and WFDB."""
