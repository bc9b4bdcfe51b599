"""Any drawings become a data set: the steps of the preparation, its report and its pictures."""
