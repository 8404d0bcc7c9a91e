"""Who is told what, by which channel, after how long: the site's policy, read from YAML and decided purely."""
