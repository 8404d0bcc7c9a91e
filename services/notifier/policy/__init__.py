"""Who is told what, by which channel, after how long: the site's policy, from YAML, decided purely."""
