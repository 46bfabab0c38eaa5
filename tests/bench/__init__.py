"""`make bench`: the vetting pipeline against the same engines called one after the other, in one run."""
