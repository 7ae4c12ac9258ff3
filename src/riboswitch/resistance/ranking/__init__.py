"""The order of the compounds, and the short-list: in memory (`plain`), or in bounded memory (`streamed`)."""
