"""Medical facts as data: every number a check uses stands in a YAML row here, with its source."""
