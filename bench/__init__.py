"""Speed beside that of other packages; run by `make bench`."""
