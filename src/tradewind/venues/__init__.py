"""Places that trade. Today the paper venue; real venues join behind the same commands and reports."""
